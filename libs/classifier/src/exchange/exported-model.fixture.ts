// A model that was never trained, exported as one is: its answers are arbitrary, but always the same.
import type { EpochRow } from "@ursa/contracts/model";
import { DRAWN_RECIPE } from "../drawn-views.fixture.ts";
import type { ModelFile } from "../export-model.ts";
import { exportStage1 } from "../export-stage-1.fixture.ts";
import { initialHead } from "../head.ts";
import { createRandom } from "../random.ts";
import type { TrainedHead } from "../stage-1-types.ts";

const EPOCH: EpochRow = {
  ...{ stage: "stage-1", epoch: 1, learningRate: 0.003, seconds: 1 },
  ...{ trainLoss: 1, trainLossEval: 1, validLoss: 1, validCount: 4 },
  ...{ wrong: 1, errorRate: 0.25, errorRateLow: 0, errorRateHigh: 1 },
};
/** The smallest that a recipe may ask for, in pixels. */
export const EXPORTED_SIZE = 64;
export const EXPORTED_ID = "mdl_01J00000000000000000000000";

export async function exportedModel(classes: string[], seed = 1): Promise<ModelFile[]> {
  const head = initialHead({ features: 2560, classes: classes.length }, createRandom(seed));
  const counts = { batchSize: 8, trainCount: 12, validCount: 4 };
  const dataset = { id: "ds_01J00000000000000000000000", version: 1, manifestSha256: "0".repeat(64) };
  const info = { modelId: EXPORTED_ID, createdAt: "2026-01-01T00:00:00.000Z", dataset };
  const recipe = { ...DRAWN_RECIPE, size: EXPORTED_SIZE };
  const trained: TrainedHead = { recipe, classes, ...counts, head, epoch: 1, history: [EPOCH], engines: ["compiled"] };
  return (await exportStage1(trained, info)).files;
}
