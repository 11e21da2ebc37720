// The artifacts of stage 1 for tests that trained nothing but a head.
import { exportModel, type ModelFile, type ModelInfo } from "./export-model.ts";
import type { TrainedHead } from "./stage-1-types.ts";
import { backboneStart } from "./starting-weights.ts";
import { DEFAULT_WEIGHTS_DIR } from "./weights-folder.ts";

/** `trained` on the backbone of its recipe, as that came. */
export async function exportStage1(trained: TrainedHead, info: ModelInfo): Promise<{ files: ModelFile[] }> {
  const { body, origin } = await backboneStart(trained.recipe, DEFAULT_WEIGHTS_DIR);
  return exportModel({ ...trained, stage: "stage-1", body, origin }, info);
}
