// The record of an imported model, made from its model.json.
import type { ModelCard } from "@ursa/classifier/model-card";
import { type Artifact, type Model, modelSchema } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { type PhaseName, recipeSchema } from "@ursa/contracts/recipe";
import { keys } from "@ursa/store/keys";

/** No worker ever took it. */
const FENCE = 0;

type Import = {
  owner: { namespace: string; id: string };
  name: string | undefined;
  archiveSha256: string;
  files: Omit<Artifact, "stage" | "key">[];
};

/** @throws Problem bad_model when the card describes no model that there could be */
export function importedRecord(card: ModelCard, { owner, name, archiveSha256, files }: Import): Model {
  const { modelId: model, stage, classes, metrics, from, notes, engines } = card;
  const { validFraction: _, ...dataset } = card.dataset;
  const artifacts = files.map((file) => {
    const key = keys.model.artifact(owner, FENCE, { stage, name: file.name });
    return { stage, key, ...file };
  });
  const now = new Date().toISOString();
  const { errorRate, validLoss } = metrics.find(({ epoch }) => epoch === card.epoch) ?? metrics.at(-1) ?? {};
  const seconds = metrics.reduce((sum, row) => sum + row.seconds, 0);
  const rated = { name: stage, errorRate, validLoss, seconds, ...(engines ? { engines } : {}) };
  const parsed = modelSchema.safeParse({
    ...{ ...owner, ...(name === undefined ? {} : { name }), state: "ready", createdAt: now, updatedAt: now },
    ...{ enqueued: 0, fence: FENCE, classes, epochs: metrics, checkpoints: [], artifacts, dataset },
    recipe: recipeOf(card),
    imported: { model, stage, archiveSha256, ...(from ? { from } : {}) },
    stages: isNumber(errorRate) && isNumber(validLoss) ? [rated] : [],
    ...(notes ? { notes } : {}),
  });
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  const words = `model.json describes no model that this version can keep: ${fault?.path.join(".")}: ${fault?.message}.`;
  throw new Problem("bad_model", words, { extra: { fault: "card" } });
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** The card has the fields of stage 1 beside those of the whole recipe; cards of earlier versions have none of stage 2. */
function recipeOf(card: ModelCard): Record<string, unknown> {
  const { epochs, learningRate, batchSize, ...given } = card.recipe;
  const known = Object.entries(given).filter(([name]) => name in recipeSchema.shape);
  const { validFraction } = card.dataset;
  return {
    stage1: { epochs, learningRate, batchSize },
    ...Object.fromEntries(known),
    ...{ size: card.input.size, backbone: card.backbone.name, phases: phasesOf(card) },
    ...(validFraction === undefined ? {} : { validFraction }),
  };
}

/** Up to the stage that came. An earlier version says only whether the run had a stage to start from: without one it trained both. */
function phasesOf({ phases, stage, from }: ModelCard): PhaseName[] {
  if (phases) return phases.slice(0, phases.indexOf(stage) + 1);
  return stage === "stage-2" && !from ? ["stage-1", "stage-2"] : [stage];
}
