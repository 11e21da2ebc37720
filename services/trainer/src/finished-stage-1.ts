// Stage 1 of a run that was interrupted after it: read back from its artifacts instead of trained again.
import { createHash } from "node:crypto";
import { readHead } from "@ursa/classifier/read-head";
import type { Stage1Recipe, TrainedHead } from "@ursa/classifier/stage-1-types";
import { ObjectNotFound } from "@ursa/store/object-store";
import type { TrainModelOptions } from "./training-run.ts";

/** Undefined when stage 1 has not ended, or when its weights are not what was recorded: then it is trained again. */
export async function finishedStage1(
  { store, model, onLog }: TrainModelOptions,
  recipe: Stage1Recipe,
  counts: { trainCount: number; validCount: number },
): Promise<TrainedHead | undefined> {
  const weights = model.artifacts.find(({ stage, name }) => stage === "stage-1" && name === "weights.safetensors");
  if (!weights) return undefined;
  const bytes = await store.get(weights.key).then(({ body }) => body, unlessGone);
  if (!bytes || createHash("sha256").update(bytes).digest("hex") !== weights.sha256) {
    await onLog("The weights of stage 1 are damaged or gone: it is trained again.");
    return undefined;
  }
  const history = model.epochs.filter(({ stage }) => stage === "stage-1");
  const head = readHead(bytes);
  const { engines = [] } = model.stages.find(({ name }) => name === "stage-1") ?? {};
  // Which epoch the weights are of, and in what batches, is of no use to the next stage.
  return { recipe, classes: model.classes, batchSize: 0, ...counts, head, epoch: history.length, history, engines };
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof ObjectNotFound)) throw error;
}
