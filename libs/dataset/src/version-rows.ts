// The rows of a version on their way into its manifest, in index order: those of the version before, as the edits leave them, and
// those of its own shards, which take the place of a row of the same index.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import type { LoggedEdit } from "@ursa/contracts/edits";
import type { ObjectStore } from "@ursa/store/object-store";
import { applyEdit, type SettledRow } from "./apply-edit.ts";
import { readItems } from "./manifest.ts";
import type { Owner } from "./owner.ts";
import { closePart } from "./parts.ts";
import { readAhead } from "./read-ahead.ts";

/** The version before: where its manifest lies, whether it was found fit to train on, and by key what its draft says. */
export type Base = { manifest: string; isSound: boolean; edits: ReadonlyMap<string, LoggedEdit> };
export type RowSource = {
  store: ObjectStore;
  /** Whose parts are read; those that nobody wrote are written as `worker_failed`. */
  owner: Owner;
  shards: number;
  base?: Base | undefined;
  signal: AbortSignal;
};

export const baseOf = (
  { state, manifest }: Pick<Dataset, "state"> & { manifest: { key: string } },
  edits: Base["edits"] = new Map(),
): Base => ({ manifest: manifest.key, isSound: state === "ready", edits });

export async function* readRows(source: RowSource): AsyncGenerator<SettledRow> {
  const fetched = fetchedRows(source);
  let next = await fetched.next();
  for await (const row of baseRows(source)) {
    source.signal.throwIfAborted();
    if (next.value?.item.index === row.item.index) {
      yield next.value;
      next = await fetched.next();
    } else yield row;
  }
  if (!next.done) yield next.value;
  yield* fetched;
}

async function* baseRows({ store, base }: RowSource): AsyncGenerator<SettledRow> {
  if (!base) return;
  for await (const item of readItems(store, base.manifest)) yield applyEdit(item, base.edits.get(item.key));
}

async function* fetchedRows({ store, owner, shards, signal }: RowSource): AsyncGenerator<SettledRow, undefined> {
  const read = (shard: number) => closePart(store, { target: "dataset", owner, shard });
  for await (const rows of readAhead(shards, read, signal)) {
    signal.throwIfAborted();
    for (const item of rows) yield isUsable(item) ? { item, comes: "fetched" } : { item: withoutSide(item) };
  }
}

const isUsable = ({ outcome, sha256 }: Item): boolean => outcome === "ok" && sha256 !== undefined;

/** A mark of the list is kept for the day when the URL gives a picture. */
function withoutSide({ split, ...rest }: Item): Item {
  return split ? { ...rest, reserved: { split } } : rest;
}
