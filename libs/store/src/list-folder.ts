// Walks a store's folder in the byte order of keys, one folder's names in memory at a time.
import type { Dirent } from "node:fs";
import { lstat, opendir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAbsent } from "./folder-errors.ts";
import { type FolderNames, TEMP_PREFIX } from "./folder-names.ts";
import type { ListedObject } from "./object-store.ts";

/** What is wanted: keys that start with `prefix` and sort after `after`. */
export type Walk = { names: FolderNames; prefix: string; after: string };
/** A folder, and what the keys in it start with: "" or "a/b/". */
export type Place = { folder: string; base: string };

/** How many files' sizes are asked for at once. */
const BATCH = 64;
/** A temporary file nobody has written to for this long belongs to a process that died. */
const ABANDONED_AFTER_MS = 3_600_000;

/** Yields the objects below a folder. Sweeps abandoned temporary files as it meets them. */
export async function* listFolder(place: Place, walk: Walk): AsyncGenerator<ListedObject> {
  const entries = await readEntries(place.folder, walk.names);
  for (const group of inGroups(entries.filter((entry) => mayHold(place.base + entry, walk)))) {
    const [first = ""] = group;
    if (first.endsWith("/")) {
      const folder = join(place.folder, walk.names.encode(first.slice(0, -1)));
      yield* listFolder({ folder, base: place.base + first }, walk);
    } else {
      const found = await Promise.all(group.map((segment) => describe(place, segment, walk.names)));
      yield* found.filter((object) => object !== undefined);
    }
  }
}

/** Segments in key order, folders with their "/": "a-b" sorts before "a/c", which sorts before "a0". */
async function readEntries(folder: string, names: FolderNames): Promise<string[]> {
  const entries: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 1024 }))
      entries.push(...(await segmentsOf(entry, names)));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return entries.sort(byCodeUnit);
}

/** The segment a directory entry stands for; none for what is not ours. */
async function segmentsOf(entry: Dirent, names: FolderNames): Promise<string[]> {
  if (entry.name.startsWith(TEMP_PREFIX)) await sweep(join(entry.parentPath, entry.name));
  const segment = names.decode(entry.name);
  if (segment === undefined) return [];
  if (entry.isDirectory()) return [`${segment}/`];
  return entry.isFile() ? [segment] : [];
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

/** Each folder by itself, files that follow one another together. */
function* inGroups(entries: string[]): Generator<string[]> {
  for (let at = 0; at < entries.length; ) {
    const batch = entries.slice(at, at + BATCH);
    const firstFolder = batch.findIndex((entry) => entry.endsWith("/"));
    const group = firstFolder === -1 ? batch : batch.slice(0, Math.max(1, firstFolder));
    yield group;
    at += group.length;
  }
}

async function describe(
  { folder, base }: Place,
  segment: string,
  names: FolderNames,
): Promise<ListedObject | undefined> {
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
