// Writes rows as one object of JSON lines, streamed, with the sha256 taken on the way.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { ObjectStore } from "@ursa/store/object-store";
import { toJsonLines } from "./json-lines.ts";

/** Replaces what an earlier attempt left under the key. An error of `batches` ends the write, which leaves nothing. */
export async function writeJsonLines(
  store: ObjectStore,
  key: string,
  batches: AsyncIterable<readonly unknown[]>,
): Promise<{ key: string; sha256: string }> {
  const hash = createHash("sha256");
  const chunks = async function* () {
    for await (const rows of batches) {
      const chunk = Buffer.from(toJsonLines(rows));
      hash.update(chunk);
      yield chunk;
    }
  };
  await store.put(key, Readable.from(chunks(), { objectMode: false }), { contentType: "application/x-ndjson" });
  return { key, sha256: hash.digest("hex") };
}
