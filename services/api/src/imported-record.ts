// The record of an imported model, made from its model.json.
import type { ModelCard } from "@ursa/classifier/model-card";
import { modelIdSchema } from "@ursa/contracts/ids";
import { epochRowSchema, type Model } from "@ursa/contracts/model";
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
  // Rows of a run that had losses which are no numbers cannot be kept in a record.
  const epochs = metrics.flatMap((row) => epochRowSchema.safeParse(row).data ?? []);
  const exported = epochs.find(({ epoch }) => epoch === card.epoch) ?? epochs.at(-1);
  const seconds = epochs.reduce((sum, row) => sum + row.seconds, 0);
  return {
    ...{ ...owner, ...(name === undefined ? {} : { name }), state: "ready", createdAt: now, updatedAt: now },
    ...{ enqueued: 0, fence: 0, classes, epochs, checkpoints: [], artifacts: [] },
    dataset: { id: dataset.id, version: dataset.version, manifestSha256: dataset.manifestSha256 },
    recipe: recipeOf(card),
    imported: { model: origin.data, stage, archiveSha256 },
    stages: exported ? [{ name: stage, errorRate: exported.errorRate, validLoss: exported.validLoss, seconds }] : [],
  };
}

/** The card has the fields of stage 1 beside those of the whole recipe, and none of stage 2. */
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
