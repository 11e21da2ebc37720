// Plans and parts of a shard. A part is written once, by whoever is first; everyone else takes what is there.

import { type Item, itemSchema } from "@ursa/contracts/dataset";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore, PreconditionFailed } from "@ursa/store/object-store";
import type { z } from "zod";
import { readJsonLines, toJsonLines } from "./json-lines.ts";
import type { Owner } from "./owner.ts";
import { type PlanRow, planRowSchema } from "./plan-row.ts";

/** Which kind of job a shard belongs to: they differ in where they lie. */
export type Target = "dataset" | "prediction";
export type ShardAddress = { target: Target; owner: Owner; shard: number };

export const planKey = ({ target, owner, shard }: ShardAddress): string => keys[target].plan(owner, shard);
export const partKey = ({ target, owner, shard }: ShardAddress): string => keys[target].part(owner, shard);

/** @throws ObjectNotFound when the shard was never planned */
export const readPlan = (store: ObjectStore, address: ShardAddress): Promise<PlanRow[]> =>
  readJsonLines(store, planKey(address), planRowSchema);

/** @returns the shard's rows, or undefined when nobody has finished it */
export const readPart = (store: ObjectStore, address: ShardAddress): Promise<Item[] | undefined> =>
  readIfThere(store, partKey(address), itemSchema);

export async function readIfThere<S extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: S,
): Promise<z.output<S>[] | undefined> {
  try {
    return await readJsonLines(store, key, schema);
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

/** @returns false when the object was there already, and stays as it is */
export async function writeOnce(store: ObjectStore, key: string, rows: readonly unknown[]): Promise<boolean> {
  try {
    await store.put(key, toJsonLines(rows), { ifNoneMatch: "*" });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}

/**
 * The part of a shard that will get no other: where there is none, one is written that says `worker_failed` for each URL, so
 * that a worker which comes back late changes nothing.
 */
export async function closePart(store: ObjectStore, address: ShardAddress): Promise<Item[]> {
  const there = await readPart(store, address);
  if (there) return there;
  const rows = (await readPlan(store, address)).map(asFailed);
  return (await writeOnce(store, partKey(address), rows)) ? rows : closePart(store, address);
}

const asFailed = (row: PlanRow): Item =>
  row.outcome
    ? { ...row, outcome: row.outcome }
    : { ...row, outcome: "worker_failed", reason: "the workers that fetched its shard failed too many times" };
