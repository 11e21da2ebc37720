// One shard of a prediction: what is to be answered, whether it comes from a dataset or from URLs.
import { pathOfEntry } from "@ursa/contracts/archive";
import type { Item } from "@ursa/contracts/dataset";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import type { ObjectStore } from "@ursa/store/object-store";
import { closePart, readPlan } from "./parts.ts";

export type PredictionOwner = Pick<Prediction, "namespace" | "id" | "source">;

/**
 * The rows to answer, in order: those with outcome `ok` have their bytes at `images/<sha256>`. For URLs they come from the part
 * that the downloader wrote; where it gave up, each is `worker_failed`.
 */
export async function readPredictionShard(store: ObjectStore, owner: PredictionOwner, shard: number): Promise<Item[]> {
  const address = { target: "prediction", owner, shard } as const;
  if (owner.source === "urls") return closePart(store, address);
  const rows = await readPlan(store, address);
  return rows.map((row) => ({ ...row, outcome: row.outcome ?? "ok" }));
}

/** The beginning of a row's answer: which input it is of. */
export function unanswered(
  source: Prediction["source"],
  { index, key, url, entry, outcome, reason }: Item,
): PredictionRow {
  const listed = entry ? pathOfEntry(url) : url;
  return { index, input: source === "urls" ? listed : key, outcome, ...(reason === undefined ? {} : { reason }) };
}
