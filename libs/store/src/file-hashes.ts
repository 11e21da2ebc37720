// The sha256 of files, remembered while a file is provably the one that was hashed. Files of the store are replaced, never rewritten.
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/** `found` is the sha256 of all of the file's bytes, where the caller has just read them: they are then not read again. */
export type FileHashes = { of(file: FileHandle, stats: BigIntStats, found?: string): Promise<string> };

/** About 20 MB at worst. */
const MAX_REMEMBERED = 50_000;
/** A younger file could be replaced by another of the same inode, size and time stamp, as in git's racy index. HFS+ counts whole seconds. */
const SETTLED_AFTER_MS = 2000;
const CHUNK_BYTES = 1 << 20;

export function createFileHashes(): FileHashes {
  const remembered = new Map<string, string>();
  // Of a large file that many read at once. Whoever hashes it holds it open, so its inode cannot become another file's meanwhile.
  const hashing = new Map<string, Promise<string>>();
  return {
    async of(file, stats, found) {
      const identity = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
      const known = remembered.get(identity);
      if (found === undefined && known !== undefined) return known;
      const sha256 = found ?? (await shared(hashing, identity, () => hashFile(file)));
      if (Date.now() - Number(stats.ctimeMs) > SETTLED_AFTER_MS) remember(remembered, identity, sha256);
      return sha256;
    },
  };
}

async function shared(
  running: Map<string, Promise<string>>,
  identity: string,
  hash: () => Promise<string>,
): Promise<string> {
  const other = running.get(identity);
  if (other !== undefined) return other;
  const own = hash().finally(() => running.delete(identity));
  running.set(identity, own);
  return own;
}

function remember(remembered: Map<string, string>, identity: string, sha256: string): void {
  if (remembered.size >= MAX_REMEMBERED) {
    const [oldest] = remembered.keys();
    if (oldest !== undefined) remembered.delete(oldest);
  }
  remembered.set(identity, sha256);
}

async function hashFile(file: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}
