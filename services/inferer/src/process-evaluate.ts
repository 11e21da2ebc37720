// The `evaluate` job: answers one side of a dataset's split and measures the answers. What is answered is stored part by part, so
// that whoever takes the job next goes on, and the end is the same however often it was taken.
import { createHash } from "node:crypto";
import { lossOf } from "@ursa/classifier/summarise-evaluation";
import { createSummary, type Summary } from "@ursa/classifier/summarise-sides";
import type { Dataset, Item } from "@ursa/contracts/dataset";
import {
  type EvaluatedItem,
  type Evaluation,
  type EvaluationResult,
  evaluationResultSchema,
  evaluationSummarySchema,
} from "@ursa/contracts/evaluation";
import type { PredictionRow } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import type { PayloadOf } from "@ursa/contracts/queues";
import { answersOfPart, openEvaluationItems } from "@ursa/dataset/evaluation-items";
import type { JobContext } from "@ursa/queue/run-job";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { answerRows } from "./answer-rows.ts";
import type { BatchDependencies } from "./process-predict.ts";

export function createEvaluateProcess(deps: BatchDependencies) {
  const { store, catalog, events } = deps;
  return async ({ namespace, id }: PayloadOf<"evaluate">, { signal, holdFence }: JobContext): Promise<void> => {
    const owner = { namespace, id };
    const record = await catalog.take("evaluation", owner);
    holdFence(record.fence);
    await events.publish(owner, { type: "state", state: "running" });
    const manifest = manifestOf(record, await catalog.get("dataset", namespace, record.dataset.id));
    const result = await measure(deps, { record, manifest, signal });
    signal.throwIfAborted();
    const stored = await storeResult(store, record, result);
    const end = { summary: evaluationSummarySchema.parse(result), result: stored, state: "ready" } as const;
    await catalog.update("evaluation", owner, (current) => ({ ...current, ...end }), { fence: record.fence });
    await events.publish(owner, { type: "state", state: "ready" });
  };
}

/** A dataset is deleted only when nothing that is unfinished needs it, and never changes; this is for what happens all the same. */
function manifestOf({ dataset }: Evaluation, { id, manifest }: Dataset): string {
  if (manifest?.sha256 === dataset.manifestSha256) return manifest.key;
  throw new Problem(
    "dataset_not_ready",
    `${id} is not the version that was to be evaluated; ask for a new evaluation.`,
  );
}

type Measuring = { record: Evaluation; manifest: string; signal: AbortSignal };

async function measure(deps: BatchDependencies, measuring: Measuring): Promise<EvaluationResult> {
  const { store, events } = deps;
  const { record, manifest } = measuring;
  const items = await openEvaluationItems(store, manifest, record);
  const summary = createSummary(record.classes);
  let [part, done] = [0, 0];
  const answersOf = async (rows: Item[]) => {
    let told = 0;
    const onProgress = (answered: number) => {
      done += answered - told;
      told = answered;
      void events.reportProgress(record, "evaluate", "0", done, items.count);
    };
    const place = { owner: record, part: part++ };
    const answers = await answersOfPart(store, place, () => answerPart(deps, measuring, { rows, onProgress }));
    onProgress(rows.length);
    return answers;
  };
  for await (const answers of inOrder(items.parts(), answersOf)) for (const item of answers) summary.add(item);
  return describe(record, summary.result(), items.count);
}

/** One part is read and decoded while another is in the network. */
const PARTS_AT_ONCE = 2;

/** What `work` makes of each, in their order. */
async function* inOrder<Item, Result>(items: AsyncIterable<Item>, work: (item: Item) => Promise<Result>) {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const begun = work(item);
    // Met when its turn comes; if what is before it fails first, nobody is waiting for it.
    begun.catch(() => {});
    underWay.push(begun);
    const first = underWay.length === PARTS_AT_ONCE ? underWay.shift() : undefined;
    if (first) yield await first;
  }
  for (const last of underWay) yield await last;
}

type Part = { rows: Item[]; onProgress: (answered: number) => void };

async function answerPart(deps: BatchDependencies, measuring: Measuring, { rows, onProgress }: Part) {
  const { store, models, decoders, metrics } = deps;
  const { record, signal } = measuring;
  const { namespace, model, stage, tta } = record;
  const prediction = { namespace, source: "items", tta } as const;
  const answers = await models.use({ namespace, id: model, stage }, (classifier) =>
    answerRows({ store, decoders, classifier, prediction, rows, onProgress, metrics, signal }),
  );
  signal.throwIfAborted();
  return answers.flatMap((answer, index) => (rows[index] ? [evaluated(rows[index], answer)] : []));
}

function evaluated({ key, class: name, url, source, line, split }: Item, answer: PredictionRow): EvaluatedItem {
  const { outcome, reason, class: predicted, probability: confidence, predictions = [] } = answer;
  const item = { key, class: name, url, source, line, outcome, split };
  if (outcome !== "ok" || predicted === undefined) return { ...item, ...(reason ? { reason } : {}) };
  const probability = predictions.find(([other]) => other === name)?.[1] ?? 0;
  return { ...item, predicted, probability, loss: lossOf(probability), confidence, predictions };
}

function describe(record: Evaluation, measured: Summary | undefined, count: number): EvaluationResult {
  if (!measured)
    throw new Problem(
      "split_is_empty",
      `None of the ${count} pictures to evaluate (${record.split}) could be read; look at their outcomes with a prediction over the dataset.`,
    );
  // The schema keeps what is the result's of the record.
  return evaluationResultSchema.parse({ ...record, ...measured, format: 1, evaluationId: record.id });
}

/** Created once under this worker's fence: another's result lies beside it and is not what the record names. */
async function storeResult(store: ObjectStore, record: Evaluation, result: EvaluationResult) {
  const bytes = Buffer.from(JSON.stringify(result));
  const key = keys.evaluation.result(record, record.fence);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await store.put(key, bytes, { ifNoneMatch: "*", sha256, contentType: "application/json" });
  return { key, bytes: bytes.length, sha256 };
}
