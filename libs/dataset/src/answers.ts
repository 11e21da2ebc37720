// The answers of one prediction shard: one row per input, written once. The first ones written stand.
import { type PredictionRow, predictionRowSchema } from "@ursa/contracts/prediction";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import type { Owner } from "./owner.ts";
import { readIfThere, writeOnce } from "./parts.ts";
import { type PredictionOwner, readPredictionShard, unanswered } from "./prediction-shard.ts";

/** Whether the shard is finished, so that a repeated job has nothing to do. */
export async function hasAnswers(store: ObjectStore, owner: Owner, shard: number): Promise<boolean> {
  return (await store.head(keys.prediction.answers(owner, shard))) !== undefined;
}

/** @returns false when another worker's answers were there already, and stay */
export async function writeAnswers(
  store: ObjectStore,
  { owner, shard }: { owner: Owner; shard: number },
  rows: readonly PredictionRow[],
): Promise<boolean> {
  return writeOnce(store, keys.prediction.answers(owner, shard), rows);
}

/**
 * The answers of a shard that will get no others: where there are none, some are written that say `worker_failed` for each
 * picture, so that a worker which comes back late changes nothing.
 */
export async function closeAnswers(
  store: ObjectStore,
  owner: PredictionOwner,
  shard: number,
): Promise<PredictionRow[]> {
  const there = await readIfThere(store, keys.prediction.answers(owner, shard), predictionRowSchema);
  if (there) return there;
  const rows = (await readPredictionShard(store, owner, shard)).map((item) => asFailed(unanswered(owner.source, item)));
  return (await writeAnswers(store, { owner, shard }, rows)) ? rows : closeAnswers(store, owner, shard);
}

const asFailed = (row: PredictionRow): PredictionRow =>
  row.outcome === "ok"
    ? { ...row, outcome: "worker_failed", reason: "the workers that predicted its shard failed too many times" }
    : row;
