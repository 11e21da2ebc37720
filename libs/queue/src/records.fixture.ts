// Records, and a worker's surroundings, for this lib's own tests.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { recipeSchema } from "@ursa/contracts/recipe";
import { createLogger } from "@ursa/service/logger";
import { createMetrics } from "@ursa/service/metrics";

let drawn = 0;
/** A well-formed id that no other call gives in this process. */
const drawId = (prefix: string): string => `${prefix}_${String(drawn++).padStart(26, "0")}`;

function drawBase() {
  const now = new Date().toISOString();
  return { namespace: "default", state: "queued" as const, createdAt: now, updatedAt: now, enqueued: 1, fence: 0 };
}

export function drawDataset(given: Partial<Dataset> = {}): Dataset {
  const options = { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 };
  return { id: drawId("ds"), ...drawBase(), version: 1, classes: ["a", "b"], options, listed: 10, shards: 1, ...given };
}

export function drawModel(given: Partial<Model> = {}): Model {
  return {
    id: drawId("mdl"),
    ...drawBase(),
    dataset: { id: drawId("ds"), version: 1, manifestSha256: "0".repeat(64) },
    recipe: recipeSchema.parse({}),
    classes: ["a", "b"],
    epochs: [],
    checkpoints: [],
    stages: [],
    artifacts: [],
    ...given,
  };
}

export function drawPrediction(given: Partial<Prediction> = {}): Prediction {
  const { id: model } = drawModel();
  return {
    id: drawId("prd"),
    ...drawBase(),
    model,
    classes: ["a", "b"],
    source: "items",
    inputs: 10,
    shards: 1,
    ...given,
  };
}

/** A log and metrics that nobody reads, and locks short enough for a test to outlive them. */
export const quiet = () => ({
  log: createLogger({ service: "test", level: process.env.URSA_TEST_LOG ?? "silent" }),
  metrics: createMetrics("test"),
  lockMs: 2000,
  cancelPollMs: 100,
});
