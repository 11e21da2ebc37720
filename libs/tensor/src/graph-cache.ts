// Optimized graphs of training steps on disk: a process that opens the same graph again skips what ONNX Runtime does to it.
// Only for graphs whose weights are inputs. Several processes share a folder: files appear whole, by rename, and may go any time.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { OpenGraph } from "./compiled-step.ts";
import { openSession, RUNTIME_VERSION, type Session } from "./session.ts";

export type GraphCacheOptions = {
  folder: string;
  /** Those unused for longest go first; 0 keeps none. */
  maxBytes: number;
  /** A file was damaged, or could not be written: that costs time and never a result. */
  onFault: (message: string) => void;
};

/** Opens a graph as it was optimized here before, or optimizes and keeps it. */
export function createGraphCache(options: GraphCacheOptions): OpenGraph {
  if (options.maxBytes === 0) return openSession;
  return async (graph, { threads }) => {
    const key = keyOf(graph);
    return (await openKept(options, key, threads)) ?? (await openAndKeep(options, key, { graph, threads }));
  };
}

const DIGEST_BYTES = 32;
/** A partial one is still being written, or its writer was killed: then it goes when it is the oldest. */
const OURS = /^[0-9a-f]{64}(\.[0-9a-f-]{36}\.partial)?$/;

/** Of all that decides how ONNX Runtime optimizes: it lays convolutions out for the vector instructions that it finds. */
function keyOf(graph: Uint8Array): string {
  const hash = createHash("sha256").update(graph);
  for (const part of [RUNTIME_VERSION, process.platform, process.arch, cpus()[0]?.model, cpuFlags()])
    hash.update(`\0${part}`);
  return hash.digest("hex");
}

/** Virtual machines of one processor model may differ in what they are allowed to use. Only Linux says. */
function cpuFlags(): string {
  if (process.platform !== "linux") return "";
  return /^(flags|Features)\s*:.*$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[0] ?? "";
}

async function openKept({ folder, onFault }: GraphCacheOptions, key: string, threads: number) {
  try {
    const bytes = await readKept(join(folder, key), key);
    return bytes && (await openSession(bytes, { threads, isOptimized: true }));
  } catch (error) {
    onFault(`A kept graph cannot be used and is made again: ${messageOf(error)}`);
    return undefined;
  }
}

/** Undefined where there is none. @throws Error where it is not as it was written, or was written by another user */
async function readKept(path: string, key: string): Promise<Uint8Array | undefined> {
  const handle = await open(path).catch(unlessMissing);
  if (!handle) return undefined;
  await using _ = handle;
  const { uid } = await handle.stat();
  if (uid !== (process.getuid?.() ?? uid)) throw new Error(`${path} belongs to another user.`);
  const bytes = await handle.readFile();
  const graph = bytes.subarray(0, -DIGEST_BYTES);
  if (!digestOf(key, graph).equals(bytes.subarray(-DIGEST_BYTES))) throw new Error(`${path} is damaged.`);
  // As the time of its last use.
  await handle.utimes(new Date(), new Date());
  return graph;
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}

type Asked = { graph: Uint8Array; threads: number };

async function openAndKeep(options: GraphCacheOptions, key: string, { graph, threads }: Asked): Promise<Session> {
  const { folder, onFault } = options;
  const partial = join(folder, `${key}.${randomUUID()}.partial`);
  let session: Session | undefined;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    session = await openSession(graph, { threads, saveTo: partial });
    await appendFile(partial, digestOf(key, await readFile(partial)));
    await rename(partial, join(folder, key));
    await evict(options);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    onFault(`A graph is not kept: ${messageOf(error)}`);
  }
  return session ?? (await openSession(graph, { threads }));
}

/** The key is part of it, so that a file under another's name is found out. */
const digestOf = (key: string, graph: Uint8Array): Buffer => createHash("sha256").update(key).update(graph).digest();

async function evict({ folder, maxBytes }: GraphCacheOptions): Promise<void> {
  const paths = (await readdir(folder)).filter((name) => OURS.test(name)).map((name) => join(folder, name));
  const files = await Promise.all(paths.map(async (path) => ({ path, used: await stat(path).catch(unlessMissing) })));
  const newestFirst = files.toSorted((a, b) => (b.used?.mtimeMs ?? 0) - (a.used?.mtimeMs ?? 0));
  let room = maxBytes;
  for (const { path, used } of newestFirst) {
    room -= used?.size ?? 0;
    if (room < 0) await rm(path, { force: true });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
