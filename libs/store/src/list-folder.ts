// Walks a store's folder in the byte order of keys, one folder's names in memory at a time.
import { lstat, opendir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAbsent } from "./folder-errors.ts";
import { type FolderNames, TEMP_PREFIX } from "./folder-names.ts";
import type { ListedObject } from "./object-store.ts";

export type Walk = { names: FolderNames; prefix: string; after: string };

/** How many files' sizes are asked for at once. */
const BATCH = 64;
/** A temporary file nobody has written to for this long belongs to a process that died. */
const ABANDONED_AFTER_MS = 3_600_000;

/** Yields the objects below `folder`, whose keys start with `base` ("" or "a/b/"). Sweeps abandoned temporary files as it meets them. */
export async function* listFolder(folder: string, base: string, walk: Walk): AsyncGenerator<ListedObject> {
  const entries = await readEntries(folder, walk.names);
  const wanted = entries.filter((entry) => mayHold(base + entry, walk));
  for (let at = 0; at < wanted.length; ) {
    const entry = wanted[at] ?? "";
    if (entry.endsWith("/")) {
      yield* listFolder(join(folder, walk.names.encode(entry.slice(0, -1))), base + entry, walk);
      at += 1;
    } else {
      const files = takeFiles(wanted, at);
      for (const found of await Promise.all(files.map((name) => describe(folder, base, name, walk.names)))) {
        if (found !== undefined) yield found;
      }
      at += files.length;
    }
  }
}

/** Segments in key order, folders with their "/": "a-b" sorts before "a/c", which sorts before "a0". */
async function readEntries(folder: string, names: FolderNames): Promise<string[]> {
  const entries: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
      if (entry.name.startsWith(TEMP_PREFIX)) await sweep(join(folder, entry.name));
      const segment = names.decode(entry.name);
      if (segment === undefined) continue;
      if (entry.isDirectory()) entries.push(`${segment}/`);
      if (entry.isFile()) entries.push(segment);
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return entries.sort(byCodeUnit);
}

/** Keys are ASCII, where code units sort as bytes do. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function mayHold(path: string, { prefix, after }: Walk): boolean {
  if (!path.endsWith("/")) return path.startsWith(prefix) && path > after;
  const isUnderPrefix = path.startsWith(prefix) || prefix.startsWith(path);
  return isUnderPrefix && (path > after || after.startsWith(path));
}

function takeFiles(entries: string[], at: number): string[] {
  const batch = entries.slice(at, at + BATCH);
  const firstFolder = batch.findIndex((entry) => entry.endsWith("/"));
  return firstFolder === -1 ? batch : batch.slice(0, firstFolder);
}

async function describe(folder: string, base: string, segment: string, names: FolderNames) {
  try {
    const { size, mtime } = await lstat(join(folder, names.encode(segment)));
    return { key: base + segment, size, modifiedAt: mtime };
  } catch (error) {
    if (isAbsent(error)) return undefined; // deleted since the folder was read
    throw error;
  }
}

async function sweep(path: string): Promise<void> {
  try {
    const { mtimeMs } = await lstat(path);
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
