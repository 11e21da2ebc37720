// Writes a body to a temporary file next to where it will live: same file system, so that the rename is atomic.
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { errorCode, isAbsent, onDisk } from "./folder-errors.ts";
import { TEMP_PREFIX } from "./folder-names.ts";
import { ChecksumMismatch, type PutOptions } from "./object-store.ts";

export type Body = Uint8Array | string | Readable;
export type WrittenFile = { path: string; size: number; sha256: string };

/** Another process may remove the folder as empty between our making it and our opening a file in it; each try loses a race. */
const MAX_TRIES = 50;

/**
 * Writes `body` beside `target` and brings it to the disk. Missing folders are made, up to `root`. Leaves nothing when it throws:
 * ChecksumMismatch, StoreUnavailable, or the error of the body's own stream.
 */
export async function writeBeside(
  target: { root: string; path: string; key: string },
  body: Body,
  options: PutOptions,
): Promise<WrittenFile> {
  const path = join(dirname(target.path), `${TEMP_PREFIX}${randomUUID()}`);
  const file = await onDisk("write", target.key, () => openNew(path, target.root));
  try {
    const written = await writeBody(file, body, target.key);
    if (options.sha256 !== undefined && options.sha256 !== written.sha256) {
      throw new ChecksumMismatch(`Expected ${target.key} to have sha256 ${options.sha256}, got ${written.sha256}`);
    }
    await onDisk("write", target.key, () => file.sync());
    return { path, ...written };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Brings the folder's entries (a rename, a removal) to the disk. A folder that is gone meanwhile has nothing to keep. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await open(path, "r");
    await folder.sync();
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function openNew(path: string, root: string): Promise<FileHandle> {
  for (let tries = 1; ; tries++) {
    const file = await open(path, "wx").catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT" || tries === MAX_TRIES) throw error;
    });
    if (file !== undefined) return file;
    await makeFolders(dirname(path), root);
  }
}

async function makeFolders(folder: string, root: string): Promise<void> {
  const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
  for (let path = folder; isNew && path.length > root.length; path = dirname(path)) await syncFolder(dirname(path));
}

async function writeBody(file: FileHandle, body: Body, key: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  let size = 0;
  const chunks = body instanceof Readable ? body : [body];
  for await (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array); // a byte stream has no other chunks
    hash.update(bytes);
    size += bytes.length;
    await onDisk("write", key, () => file.writeFile(bytes));
  }
  return { size, sha256: hash.digest("hex") };
}
