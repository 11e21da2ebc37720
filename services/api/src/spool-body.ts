// A body on disk: models and backups are larger than what should lie in memory.
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { BytesBody } from "@ursa/http/handlers";

/** `folder` is empty but for the body at `path`. Disposing deletes both. */
export type Spooled = AsyncDisposable & { folder: string; path: string; sha256: string };

/** @throws Problem payload_too_large or request_timeout, as the body's stream does */
export async function spoolBody({ stream }: Pick<BytesBody, "stream">): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), "ursa-body-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "body");
  const hash = createHash("sha256");
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    await pipeline(stream, hashed, createWriteStream(path));
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, path, sha256: hash.digest("hex"), [Symbol.asyncDispose]: remove };
}
