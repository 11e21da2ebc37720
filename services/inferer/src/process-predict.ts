// The `predict` job: one shard of a prediction. May run any number of times: the first answers written stand.
import type { Catalog } from "@ursa/catalog/catalog";
import type { ViewDecoders } from "@ursa/classifier/views-of";
import type { Prediction } from "@ursa/contracts/prediction";
import type { ProblemCode } from "@ursa/contracts/problem";
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import { hasAnswers, writeAnswers } from "@ursa/dataset/answers";
import { readPredictionShard } from "@ursa/dataset/prediction-shard";
import type { Events } from "@ursa/queue/progress";
import type { Held, JobContext } from "@ursa/queue/run-job";
import type { Metrics } from "@ursa/service/metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import { answerRows } from "./answer-rows.ts";
import { createEnding } from "./end-record.ts";
import type { Models } from "./open-models.ts";

export type BatchDependencies = {
  store: ObjectStore;
  catalog: Catalog;
  events: Events;
  models: Pick<Models, "use">;
  decoders: ViewDecoders;
  metrics: Pick<Metrics, "predictBatchSize" | "predictPictures">;
};
type PredictPayload = PayloadOf<"predict">;

export function createPredictProcess(deps: BatchDependencies) {
  const { store, catalog, events, models, decoders, metrics } = deps;
  return async ({ namespace, id, shard }: PredictPayload, { signal, holdFence }: JobContext): Promise<void> => {
    const owner = { namespace, id };
    const prediction = await catalog.get("prediction", namespace, id);
    // Raised when the answers are being collected: a shard that is late then has no say in the prediction any more.
    holdFence(prediction.fence);
    if (isFinal(prediction.state) || (await hasAnswers(store, owner, shard))) return;
    await markRunning(deps, prediction);
    await events.expectTotal(owner, "predict", prediction.inputs);
    const rows = await readPredictionShard(store, prediction, shard);
    const onProgress = (done: number) => void events.reportProgress(owner, "predict", String(shard), done, rows.length);
    const answers = await models.use({ namespace, id: prediction.model }, (classifier) =>
      answerRows({ store, decoders, classifier, prediction, rows, onProgress, metrics, signal }),
    );
    signal.throwIfAborted();
    await writeAnswers(store, { owner, shard }, answers);
  };
}

/** Without its model a prediction has no answers at all, and says so; other shards that were given up become rows. */
const MODEL_FAULTS: ReadonlySet<ProblemCode> = new Set(["not_found", "model_not_ready", "model_integrity"]);

export function createPredictEnding(deps: Pick<BatchDependencies, "catalog" | "events">) {
  const end = createEnding(deps, "prediction");
  return async (payload: PredictPayload, error: RecordError, held: Held): Promise<void> => {
    if (MODEL_FAULTS.has(error.code)) await end(payload, error, held);
  };
}

async function markRunning({ catalog, events }: BatchDependencies, prediction: Prediction): Promise<void> {
  if (prediction.state !== "queued") return;
  // Of all the shards that start at once, one writes.
  await catalog.update("prediction", prediction, (current) =>
    current.state === "queued" ? { ...current, state: "running" } : current,
  );
  await events.publish(prediction, { type: "state", state: "running" });
}
