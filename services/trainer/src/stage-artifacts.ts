// The files of a finished stage, in the store under the record's fence.
import { exportModel, type TrainedStage } from "@ursa/classifier/export-model";
import type { Artifact } from "@ursa/contracts/model";
import { keys } from "@ursa/store/keys";
import { putOnce } from "./put-once.ts";
import type { StageResult, TrainModelOptions } from "./training-run.ts";

/** @param seconds what the stage took, over all attempts */
export async function storeStage(
  { model, store, onProgress }: TrainModelOptions,
  trained: TrainedStage,
  seconds: number,
): Promise<StageResult> {
  const { id: modelId, createdAt, recipe, from } = model;
  const { stage, engines } = trained;
  const cut = recipe.validFraction === undefined ? {} : { validFraction: recipe.validFraction };
  const notes = model.notes ? { notes: model.notes } : {};
  const info = { modelId, createdAt, phases: recipe.phases, ...notes, dataset: { ...model.dataset, ...cut }, from };
  const { files } = exportModel(trained, info);
  const artifacts: Artifact[] = [];
  for (const { name, bytes } of files) {
    onProgress({ phase: "export", done: artifacts.length, total: files.length });
    const key = keys.model.artifact(model, model.fence, { stage, name });
    const { sha256 } = await putOnce(store, key, bytes);
    artifacts.push({ stage, name, key, bytes: bytes.byteLength, sha256 });
  }
  const exported = trained.history.find(({ epoch }) => epoch === trained.epoch);
  if (!exported) throw new Error("Training ended without an epoch.");
  const { errorRate, validLoss } = exported;
  if (validLoss === null) throw new Error("A stage that diverged is not exported.");
  return { stage: { name: stage, errorRate, validLoss, seconds, engines }, artifacts };
}
