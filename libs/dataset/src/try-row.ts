// What becomes of one listed URL, or file of an archive: fetched, verified, its original bytes stored once per content, sound or not.
import { createHash } from "node:crypto";
import type { Item } from "@ursa/contracts/dataset";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import type { PictureFetcher } from "./picture-fetcher.ts";
import type { PlanRow } from "./plan-row.ts";
import { putOnce } from "./put-once.ts";
import { takeEntry } from "./take-entry.ts";

export type PictureTools = { fetcher: PictureFetcher; decoders: Pick<DecoderPool, "inspect"> };
type RowContext = PictureTools & { store: ObjectStore; namespace: string; isPrepared: boolean; signal: AbortSignal };

/** Pixels. Training crops and turns a 224 square out of it, so it has some to spare. */
const PREPARED_SHORT_SIDE = 288;
/** Bytes; some 40 kB are usual. A picture of extreme shape is trained from its original, which keeps a shard's tar bounded. */
const MAX_PREPARED = 512 * 1024;

/** A row the plan has decided is passed on. @throws StoreUnavailable, and the signal's reason when it aborts */
export async function tryRow(row: PlanRow, context: RowContext): Promise<{ item: Item; prepared?: Uint8Array }> {
  const { store, namespace, fetcher, decoders, isPrepared, signal } = context;
  if (row.outcome) return { item: { ...row, outcome: row.outcome } };
  const fetched = row.entry ? await takeEntry(store, namespace, row.entry) : await fetcher.fetch(row.url, signal);
  // An abort may look like a failure of the fetch; it says nothing about the URL.
  signal.throwIfAborted();
  const tried = { ...row, attempts: fetched.attempts, milliseconds: Math.round(fetched.milliseconds) };
  if (!fetched.ok) return { item: { ...tried, outcome: fetched.outcome, reason: fetched.reason } };
  const bytes = fetched.bytes.byteLength;
  const seen = await decoders.inspect(
    fetched.bytes,
    isPrepared ? { preparedShortSide: PREPARED_SHORT_SIDE } : {},
    signal,
  );
  signal.throwIfAborted();
  if (!seen.ok) {
    const sha256 = await quarantine(store, namespace, fetched.bytes);
    return { item: { ...tried, bytes, sha256, outcome: seen.outcome, reason: seen.reason } };
  }
  const { ok: _ok, prepared, ...facts } = seen;
  const { sha256, format } = facts;
  const key = keys.image(namespace, sha256);
  await putOnce(store, { key, bytes: fetched.bytes, sha256, contentType: `image/${format}` });
  const item: Item = { ...tried, ...facts, bytes, outcome: "ok" };
  return prepared && prepared.byteLength <= MAX_PREPARED ? { item, prepared } : { item };
}

/** Nothing is thrown away for being bad. @returns the sha256 under which it is kept */
async function quarantine(store: ObjectStore, namespace: string, bytes: Uint8Array): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await putOnce(store, {
    key: keys.quarantine(namespace, sha256),
    bytes,
    sha256,
    contentType: "application/octet-stream",
  });
  return sha256;
}
