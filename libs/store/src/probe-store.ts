// Tries what Ursa relies on in a store, with one small object of its own: that a conditional write is refused when it must be,
// that damaged bytes are, and that what was written is what is read and listed.
import { createHash, randomUUID } from "node:crypto";
import { ChecksumMismatch, type ObjectStore, PreconditionFailed } from "./object-store.ts";

export type StoreProbe = {
  /** Promises that the store does not keep, as sentences. */
  broken: string[];
  /** How far the store's clock is ahead of ours, in milliseconds, give or take a second; undefined where it was not told. */
  clockAheadMs?: number;
};

/** @throws what the store throws when it cannot be used at all */
export async function probeStore(store: ObjectStore): Promise<StoreProbe> {
  const key = `doctor/${randomUUID()}`;
  const broken: string[] = [];
  const expectRefusal = async (
    write: Promise<unknown>,
    refusal: typeof PreconditionFailed | typeof ChecksumMismatch,
    otherwise: string,
  ) => {
    const error: unknown = await write.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) broken.push(otherwise);
    else if (!(error instanceof refusal)) throw error;
  };
  try {
    await store.put(key, "one", { ifNoneMatch: "*" });
    await expectRefusal(
      store.put(key, "two", { ifNoneMatch: "*" }),
      PreconditionFailed,
      "If-None-Match: * is not honoured: two writers can both create a record.",
    );
    const etag = (await store.head(key))?.etag ?? "";
    await store.put(key, "three", { ifMatch: etag });
    await expectRefusal(
      store.put(key, "four", { ifMatch: etag }),
      PreconditionFailed,
      "If-Match is not honoured: a worker that was replaced can overwrite its successor.",
    );
    const wrong = createHash("sha256").update("five").digest("hex");
    await expectRefusal(
      store.put(key, "six", { sha256: wrong }),
      ChecksumMismatch,
      "Bytes that differ from their checksum are accepted: damage on the way is not noticed.",
    );
    const { body } = await store.get(key);
    if (body.toString() !== "three" && broken.length === 0) broken.push("What is read is not what was written.");
    return { broken, ...(await clockOf(store, key)) };
  } finally {
    await store.delete(key);
  }
}

async function clockOf(store: ObjectStore, key: string): Promise<{ clockAheadMs?: number }> {
  await store.put(key, "now");
  const now = Date.now();
  for await (const listed of store.list(key))
    if (listed.key === key) return { clockAheadMs: listed.modifiedAt.getTime() - now };
  return {};
}
