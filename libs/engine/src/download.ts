// One file from the network to disk: wholly and with the expected sha256, or not at all.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What is expected of the file that comes to lie at `path`. */
export type Expected = { path: string; sha256: string };
export type DownloadOptions = {
  signal: AbortSignal;
  headers?: Record<string, string>;
  onBytes?: (done: number) => void;
};

/**
 * Streams `url` into a temporary file beside the target, checks the hash, and renames. Safe to interrupt at any point.
 * @throws Error that names the host and what to do when the connection breaks off, the answer is not 200 or the hash differs
 */
export async function download(url: URL, expected: Expected, options: DownloadOptions): Promise<void> {
  // A name of this process, so that two installs at a time do not write into each other.
  const partial = `${expected.path}.${process.pid}.partial`;
  await mkdir(dirname(partial), { recursive: true });
  try {
    await streamTo(partial, url, options);
    await keepIfExpected(partial, expected, url.host);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Moves `from` to its place when its hash is the expected one. @throws Error naming both hashes */
export async function keepIfExpected(from: string, { path, sha256 }: Expected, source: string): Promise<void> {
  const found = await sha256Of(from);
  if (found !== sha256) {
    throw new Error(
      `Expected sha256 ${sha256} of the file from ${source}, got ${found}: it was changed on its way or in the mirror. ` +
        "Nothing was unpacked. Ask whoever runs the mirror, or name another one with PIP_INDEX_URL.",
    );
  }
  await rename(from, path);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function streamTo(partial: string, url: URL, { signal, headers = {}, onBytes }: DownloadOptions): Promise<void> {
  let done = 0;
  try {
    const response = await fetch(url, { signal, headers });
    if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        done += chunk.length;
        onBytes?.(done);
        yield chunk;
      }
    };
    // flush: the bytes are on disk before the rename says they are there.
    await pipeline(Readable.from(response.body), counted, createWriteStream(partial, { flush: true }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    const where = done > 0 ? `broke off after ${(done / 1e6).toFixed(1)} MB` : "failed";
    throw new Error(`The download from ${url.host} ${where} (${reason}). Run the same command again.`, {
      cause: error,
    });
  }
}
