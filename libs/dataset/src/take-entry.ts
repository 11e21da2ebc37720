// A picture out of an uploaded archive, in the place of a download: what comes of it is told by the same outcomes.
import { EntryDamaged, unpackEntry } from "@ursa/archive/unpack-entry";
import type { ArchiveEntry } from "@ursa/contracts/archive";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import type { FetchedPicture } from "./picture-fetcher.ts";

/** @throws StoreUnavailable */
export async function takeEntry(store: ObjectStore, namespace: string, entry: ArchiveEntry): Promise<FetchedPicture> {
  const began = performance.now();
  const tried = () => ({ attempts: 1, milliseconds: performance.now() - began });
  try {
    const { start, end, archive } = entry;
    // An empty file of a tar lies nowhere, and no store reads an empty range.
    const isEmpty = start === end;
    const range = isEmpty ? Buffer.alloc(0) : (await store.get(keys.archive(namespace, archive), { start, end })).body;
    return { ok: true, bytes: await unpackEntry(range, entry), ...tried() };
  } catch (error) {
    if (error instanceof EntryDamaged)
      return { ok: false, outcome: "corrupt_image", reason: `damaged in its archive: ${error.message}`, ...tried() };
    if (error instanceof ObjectNotFound)
      return { ok: false, outcome: "worker_failed", reason: "its archive is no longer stored", ...tried() };
    throw error;
  }
}
