// Where a run may go on: its recorded checkpoints, newest first, without those whose bytes are not what was written.
import { createHash } from "node:crypto";
import type { Checkpoint } from "@ursa/classifier/stage-1-types";
import type { CheckpointPointer } from "@ursa/contracts/model";
import { ChecksumMismatch, ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

/** Yields lazily: an older checkpoint is read only when the newer one was refused. A store that is away is an error. */
export async function* findCheckpoints(
  store: ObjectStore,
  pointers: readonly CheckpointPointer[],
  onCorrupt: (pointer: CheckpointPointer, why: string) => Promise<void>,
): AsyncGenerator<Checkpoint> {
  for (const pointer of pointers.toReversed()) {
    const read = await readCheckpoint(store, pointer);
    if (typeof read === "string") await onCorrupt(pointer, read);
    else yield read;
  }
}

async function readCheckpoint(
  store: ObjectStore,
  { key, sha256, epoch, batch = 0 }: CheckpointPointer,
): Promise<Checkpoint | string> {
  try {
    const { body: bytes } = await store.get(key);
    const found = createHash("sha256").update(bytes).digest("hex");
    return found === sha256 ? { epoch, batch, bytes, sha256 } : `it has sha256 ${found}, recorded is ${sha256}`;
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof ChecksumMismatch) return error.message;
    throw error;
  }
}
