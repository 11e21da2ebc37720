// The object store in a folder of a local file system. An object is a plain file, its etag the sha256 of its bytes; a write is a
// temporary file, fsync, and one atomic link or rename, so that no process ever sees half an object, whoever is killed when.
import { type BigIntStats, existsSync } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { checkKey, checkPrefix, checkRange, spanOf } from "./check-key.ts";
import { expectBytes } from "./expect-bytes.ts";
import { createFileHashes } from "./file-hashes.ts";
import { errorCode, isAbsent, onDisk, translate } from "./folder-errors.ts";
import { createFolderLocks } from "./folder-locks.ts";
import { createFolderNames, LOCK_FOLDER, TEMP_PREFIX } from "./folder-names.ts";
import { listFolder } from "./list-folder.ts";
import {
  type ByteRange,
  type ObjectInfo,
  ObjectNotFound,
  type ObjectStore,
  PreconditionFailed,
  type PutOptions,
  StoreUnavailable,
} from "./object-store.ts";
import { readBytes } from "./read-bytes.ts";
import { type Body, syncFolder, writeBeside } from "./write-beside.ts";

export type FolderStoreOptions = {
  /** Made when it is not there. */
  root: string;
  /** How long a write may wait for other processes' writes to the same keys. Default 10 s; a lock is held for about 1 ms. */
  lockTimeoutMs?: number;
  /** Default: found out by looking. */
  ignoresCase?: boolean;
};

/** Opens the folder as an object store. Any number of processes of one machine may have it open at once. */
export async function openFolderStore(options: FolderStoreOptions): Promise<ObjectStore> {
  const root = resolve(options.root);
  const lockFolder = join(root, LOCK_FOLDER);
  await onDisk("open", root, () => mkdir(lockFolder, { recursive: true }));
  const ignoresCase = options.ignoresCase ?? existsSync(join(root, LOCK_FOLDER.toUpperCase()));
  return createFolderStore({
    root,
    names: createFolderNames(ignoresCase),
    locks: createFolderLocks(lockFolder, options.lockTimeoutMs ?? 10_000),
    hashes: createFileHashes(),
  });
}

type Folder = {
  root: string;
  names: ReturnType<typeof createFolderNames>;
  locks: ReturnType<typeof createFolderLocks>;
  hashes: ReturnType<typeof createFileHashes>;
};
type OpenObject = { file: FileHandle; stats: BigIntStats; size: number };

function createFolderStore(folder: Folder): ObjectStore {
  return {
    put: (key, body, options = {}) => put(folder, { key, body, options }),
    get: (key, range) => get(folder, key, range),
    stream: (key, range) => stream(folder, key, range),
    head: (key) => head(folder, key),
    delete: (key) => remove(folder, key),
    check: () => check(folder),
    close: () => folder.locks.close(),
    async *list(prefix, { after = "" } = {}) {
      checkPrefix(prefix);
      const base = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      try {
        yield* listFolder({ folder: pathOf(folder, base), base }, { names: folder.names, prefix, after });
      } catch (error) {
        throw translate("list", prefix, error);
      }
    },
  };
}

function pathOf({ root, names }: Folder, key: string): string {
  return join(root, ...key.split("/").map(names.encode));
}

type Put = { key: string; body: Body; options: PutOptions };

async function put(folder: Folder, { key, body, options }: Put): Promise<ObjectInfo> {
  try {
    checkKey(key);
    const path = pathOf(folder, key);
    await checkConditions(folder, key, options); // spares the writing in the common case; decided below
    const written = await writeBeside({ root: folder.root, path, key }, body, options);
    try {
      await onDisk("write", key, () => commit(folder, { key, path, temp: written.path }, options));
    } finally {
      await rm(written.path, { force: true });
    }
    return { key, etag: written.sha256, size: written.size, sha256: written.sha256 };
  } catch (error) {
    if (body instanceof Readable) body.destroy();
    throw error;
  }
}

/** The moment the write happens. `link` alone creates once; whatever replaces an object does so under its lock. */
async function commit(
  folder: Folder,
  { key, path, temp }: { key: string; path: string; temp: string },
  options: PutOptions,
) {
  if (options.ifNoneMatch !== undefined) {
    await link(temp, path).catch((cause: unknown) => {
      throw errorCode(cause) === "EEXIST" ? alreadyExists(key) : cause;
    });
  } else {
    await folder.locks.hold(key, async () => {
      await checkConditions(folder, key, options);
      await rename(temp, path);
    });
  }
  await syncFolder(dirname(path));
}

async function checkConditions(folder: Folder, key: string, { ifMatch, ifNoneMatch }: PutOptions): Promise<void> {
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw new TypeError("Give ifMatch or ifNoneMatch, not both");
  if (ifNoneMatch !== undefined && existsSync(pathOf(folder, key))) throw alreadyExists(key);
  if (ifMatch === undefined) return;
  const current = await head(folder, key);
  if (current?.etag !== ifMatch) {
    throw new PreconditionFailed(
      `Expected ${key} to have etag ${ifMatch}, it ${current ? `has ${current.etag}` : "is not there"}`,
    );
  }
}

function alreadyExists(key: string): PreconditionFailed {
  return new PreconditionFailed(`${key} exists already`);
}

/** Opens the object for reading: what is read is one version of it, whatever is written meanwhile. */
async function openObject(folder: Folder, key: string): Promise<OpenObject> {
  checkKey(key);
  const file = await open(pathOf(folder, key), "r");
  const stats = await file.stat({ bigint: true });
  if (stats.isFile()) return { file, stats, size: Number(stats.size) };
  await file.close();
  throw new ObjectNotFound(`There is no object ${key}`);
}

type Described = OpenObject & { found?: string };

async function describe(folder: Folder, key: string, object: Described): Promise<ObjectInfo> {
  const { file, stats, size, found } = object;
  const sha256 = await folder.hashes.of(file, stats, found);
  return { key, etag: sha256, size, sha256 };
}

function get(folder: Folder, key: string, range?: ByteRange): Promise<{ body: Buffer; info: ObjectInfo }> {
  return onDisk("read", key, async () => {
    if (range !== undefined) checkRange(range);
    const object = await openObject(folder, key);
    await using file = object.file;
    const span = spanOf(key, object.size, range);
    const { body, sha256 } = await readBytes(file, span);
    if (body.length < span.end - span.start)
      throw new StoreUnavailable(`${key} was cut short at byte ${span.start + body.length} of ${object.size}`);
    const isWhole = body.length === object.size;
    return { body, info: await describe(folder, key, isWhole ? { ...object, found: sha256 } : object) };
  });
}

function stream(folder: Folder, key: string, range?: ByteRange): Promise<{ body: Readable; info: ObjectInfo }> {
  return onDisk("read", key, async () => {
    if (range !== undefined) checkRange(range);
    const object = await openObject(folder, key);
    try {
      const { start, end } = spanOf(key, object.size, range);
      const info = await describe(folder, key, object);
      if (start === end) await object.file.close();
      const source = start === end ? Readable.from([]) : object.file.createReadStream({ start, end: end - 1 });
      return { body: expectBytes(source, { key, bytes: end - start }), info };
    } catch (error) {
      await object.file.close();
      throw error;
    }
  });
}

async function head(folder: Folder, key: string): Promise<ObjectInfo | undefined> {
  try {
    return await onDisk("read", key, async () => {
      const object = await openObject(folder, key);
      await using _file = object.file;
      return await describe(folder, key, object);
    });
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

async function remove(folder: Folder, key: string): Promise<void> {
  checkKey(key);
  const path = pathOf(folder, key);
  await onDisk("delete", key, () =>
    folder.locks.hold(key, async () => {
      await unlink(path).catch(async (error: unknown) => {
        const isFolder = await stat(path).then(
          (stats) => stats.isDirectory(),
          () => false,
        ); // macOS answers EPERM for one
        if (!isAbsent(error) && !isFolder) throw error;
      });
    }),
  );
  await onDisk("delete", key, () => syncFolder(dirname(path)));
  await removeEmptyFolders(folder.root, dirname(path));
}

/** A folder is only there for the objects in it; `rmdir` refuses one that has any. */
async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  if (folder === root) return;
  const isRemoved = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (isRemoved) await removeEmptyFolders(root, dirname(folder));
}

/** A folder that lost its locks is not the one that was opened: a volume that is not mounted must not look like an empty store. */
async function check({ root }: Folder): Promise<void> {
  const probe = join(root, LOCK_FOLDER, `${TEMP_PREFIX}check-${process.pid}`);
  try {
    await using file = await open(probe, "w");
    await file.writeFile("x");
  } catch (cause) {
    throw new StoreUnavailable(`The store's folder ${root} cannot be written to: ${String(cause)}`, { cause });
  } finally {
    await rm(probe, { force: true });
  }
}
