// The record of an imported model, made from its model.json.
import type { ModelCard } from "@ursa/classifier/model-card";
import { modelIdSchema } from "@ursa/contracts/ids";
import type { Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";

type Import = { owner: { namespace: string; id: string }; name: string | undefined; archiveSha256: string };

/** Everything but its files. @throws Problem bad_model when the card describes no model that there could be */
export function importedRecord(card: ModelCard, { owner, name, archiveSha256 }: Import): Model {
  const { stage, classes, dataset, metrics } = card;
  const origin = modelIdSchema.safeParse(card.modelId);
  if (!origin.success)
    throw new Problem("bad_model", "model.json names no model that it is of.", { extra: { fault: "card" } });
  const now = new Date().toISOString();
  const { errorRate, validLoss } = metrics.find(({ epoch }) => epoch === card.epoch) ?? metrics.at(-1) ?? {};
  const seconds = metrics.reduce((sum, row) => sum + row.seconds, 0);
  return {
    ...{ ...owner, ...(name === undefined ? {} : { name }), state: "ready", createdAt: now, updatedAt: now },
    ...{ enqueued: 0, fence: 0, classes, epochs: metrics, checkpoints: [], artifacts: [] },
    dataset: { id: dataset.id, version: dataset.version, manifestSha256: dataset.manifestSha256 },
    recipe: recipeOf(card),
    imported: { model: origin.data, stage, archiveSha256 },
    stages: isNumber(errorRate) && isNumber(validLoss) ? [{ name: stage, errorRate, validLoss, seconds }] : [],
  };
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** The card has the fields of stage 1 beside those of the whole recipe; cards of earlier versions have none of stage 2. */
function recipeOf({ recipe, input, backbone, stage }: ModelCard): Recipe {
  const { epochs, learningRate, batchSize, ...given } = recipe;
  const known = Object.entries(given).filter(([name]) => name in recipeSchema.shape);
  const parsed = recipeSchema.safeParse({
    stage1: { epochs, learningRate, batchSize },
    phases: stage === "stage-2" ? ["stage-1", "stage-2"] : ["stage-1"],
    ...Object.fromEntries(known),
    ...{ size: input.size, backbone: backbone.name },
  });
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  const words = `The recipe in model.json cannot be read: ${fault?.path.join(".")}: ${fault?.message}.`;
  throw new Problem("bad_model", words, { extra: { fault: "card" } });
}
