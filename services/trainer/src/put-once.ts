// Writes an immutable object and names it by its sha256.
import { createHash } from "node:crypto";
import { type ObjectStore, PreconditionFailed } from "@ursa/store/object-store";

/**
 * Create-once. An answer that was lost makes the driver send its own bytes twice and meet them, so the same bytes are welcome.
 * @throws PreconditionFailed when other bytes are there
 */
export async function putOnce(store: ObjectStore, key: string, bytes: Uint8Array): Promise<{ sha256: string }> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  try {
    await store.put(key, bytes, { ifNoneMatch: "*", sha256 });
  } catch (error) {
    if (!(error instanceof PreconditionFailed) || !(await isThere(store, key, sha256))) throw error;
  }
  return { sha256 };
}

async function isThere(store: ObjectStore, key: string, sha256: string): Promise<boolean> {
  const { body } = await store.get(key);
  return createHash("sha256").update(body).digest("hex") === sha256;
}
