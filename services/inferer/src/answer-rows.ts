// Answers the rows of one shard: pictures are decoded while the batch before them is in the network.

import { rank } from "@ursa/classifier/classify-picture";
import type { Classifier } from "@ursa/classifier/predict";
import { predictPictures } from "@ursa/classifier/tta";
import { type ViewDecoders, viewsOf } from "@ursa/classifier/views-of";
import type { Item } from "@ursa/contracts/dataset";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import { unanswered } from "@ursa/dataset/prediction-shard";
import { ImageRefused } from "@ursa/imaging/image-refused";
import type { Metrics } from "@ursa/service/metrics";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

export type AnswerRowsOptions = {
  store: ObjectStore;
  decoders: ViewDecoders;
  classifier: Classifier;
  prediction: Pick<Prediction, "namespace" | "source" | "tta">;
  rows: readonly Item[];
  onProgress: (done: number) => void;
  metrics: Pick<Metrics, "predictBatchSize" | "predictPictures">;
  signal: AbortSignal;
};

/**
 * The network runs on this thread and blocks the event loop meanwhile: 16 pictures take about 70 ms on two cores, which no
 * timer here minds (a job's lock is renewed every 15 s).
 */
const BATCH = 16;

type Viewed = { row: PredictionRow; views?: Uint8Array[] };

/** One answer per row, in order. A picture that cannot be used is an answer too; only a failing store ends it. */
export async function answerRows(options: AnswerRowsOptions): Promise<PredictionRow[]> {
  const { rows, classifier, onProgress, signal } = options;
  const answers: PredictionRow[] = [];
  let pending = viewBatch(options, 0);
  for (let start = 0; start < rows.length; start += BATCH) {
    const viewed = await pending;
    signal.throwIfAborted();
    pending = viewBatch(options, start + BATCH);
    answers.push(...(await classifyBatch(classifier, viewed)));
    count(options.metrics, viewed);
    onProgress(answers.length);
  }
  return answers;
}

function count({ predictBatchSize, predictPictures }: AnswerRowsOptions["metrics"], viewed: readonly Viewed[]): void {
  const answered = viewed.filter(({ views }) => views).length;
  if (answered === 0) return;
  predictBatchSize.observe(answered);
  predictPictures.inc({ mode: "batch" }, answered);
}

function viewBatch(options: AnswerRowsOptions, start: number): Promise<Viewed[]> {
  const views = Promise.all(options.rows.slice(start, start + BATCH).map((item) => viewOf(options, item)));
  // Met when its turn comes; until then it must not count as unhandled.
  views.catch(() => {});
  return views;
}

async function viewOf(
  { store, decoders, classifier, prediction, signal }: AnswerRowsOptions,
  item: Item,
): Promise<Viewed> {
  const row = unanswered(prediction.source, item);
  if (row.outcome !== "ok") return { row };
  const refuse = (outcome: PredictionRow["outcome"], reason: string): Viewed => ({ row: { ...row, outcome, reason } });
  try {
    const { body } = await store.get(keys.image(prediction.namespace, item.sha256 ?? ""));
    const { tta = false } = prediction;
    return { row, views: await viewsOf(decoders, body, { size: classifier.size, tta, signal }) };
  } catch (error) {
    if (error instanceof ImageRefused) return refuse(error.outcome, error.reason);
    if (error instanceof ObjectNotFound) return refuse("worker_failed", "its stored picture is missing");
    throw error;
  }
}

async function classifyBatch(classifier: Classifier, viewed: readonly Viewed[]): Promise<PredictionRow[]> {
  const results = await predictPictures(
    classifier,
    viewed.flatMap(({ views }) => (views ? [views] : [])),
  );
  const next = results.values();
  return viewed.map(({ row, views }) => {
    const probabilities = views && next.next().value;
    if (!probabilities) return row;
    const predictions = rank(classifier.classes, probabilities);
    const [name, probability] = predictions[0] ?? [];
    return { ...row, class: name, probability, predictions };
  });
}
