// Reads a weights file from where a person has it: a file, a folder of them, or an https address.
import { readFile, stat } from "node:fs/promises";
import { unlessAbsent, weightsPath } from "./weights-folder.ts";
import { WeightsError } from "./weights-registry.ts";

export type SourceOptions = {
  /** Which file of a folder: NAME.safetensors. */
  name: string;
  /** A download is given up beyond this. */
  maxBytes: number;
  /** `total` is undefined where the server does not say. */
  onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  signal?: AbortSignal | undefined;
};

/** @throws WeightsError when there is nothing to read; the signal's reason */
export function readWeightsSource(source: string, options: SourceOptions): Promise<Uint8Array> {
  return /^[a-z]+:\/\//i.test(source) ? download(source, options) : readLocal(source, options);
}

async function readLocal(path: string, { name, signal }: SourceOptions): Promise<Uint8Array> {
  const there = await stat(path).catch(unlessAbsent);
  const file = there?.isDirectory() ? weightsPath(path, name) : path;
  const bytes = await readFile(file, signal ? { signal } : {}).catch(unlessAbsent);
  if (!bytes) throw new WeightsError(`There is no file ${file}; give a file, a folder that holds one, or a URL.`);
  return bytes;
}

async function download(url: string, { maxBytes, onProgress, signal }: SourceOptions): Promise<Uint8Array> {
  checkSafe(url);
  const response = await fetch(url, signal ? { signal } : {}).catch((cause) => {
    signal?.throwIfAborted();
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new WeightsError(`${url} cannot be reached: ${reason}.`, { cause });
  });
  checkSafe(response.url);
  if (!response.ok || !response.body) throw new WeightsError(`${url} answered ${response.status}, expected a file.`);
  const total = Number(response.headers.get("content-length")) || undefined;
  const chunks: Uint8Array[] = [];
  let done = 0;
  for await (const chunk of response.body) {
    done += chunk.byteLength;
    if (Math.max(done, total ?? 0) > maxBytes)
      throw new WeightsError(`${url} gives more than ${maxBytes} bytes, which no weights of this backbone have.`);
    chunks.push(chunk);
    onProgress?.(done, total);
  }
  return Buffer.concat(chunks);
}

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** Weights decide what a model answers, and often there is no sha256 to compare them with: nobody on the way may change them. */
function checkSafe(url: string): void {
  const { protocol, hostname } = URL.parse(url) ?? {};
  if (protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname ?? ""))) return;
  throw new WeightsError(`${url} is no https address; give one, or a file.`);
}
