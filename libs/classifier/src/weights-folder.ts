// Where added weights lie: NAME.safetensors, and beside it NAME.json, which says what was added and is written last.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const recordSchema = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive(),
  /** The file or URL they were added from. */
  from: z.string(),
  addedAt: z.iso.datetime(),
});
export type WeightsRecord = z.infer<typeof recordSchema>;

/** `.ursa/weights` in the repository: the folder of whoever was told of no other. */
export const DEFAULT_WEIGHTS_DIR: string = fileURLToPath(new URL("../../../.ursa/weights", import.meta.url));

export const weightsPath = (dir: string, name: string): string => join(dir, `${name}.safetensors`);
const recordPath = (dir: string, name: string): string => join(dir, `${name}.json`);

/** @returns undefined where none were added. @throws Error when the record is not one */
export async function readWeightsRecord(dir: string, name: string): Promise<WeightsRecord | undefined> {
  const path = recordPath(dir, name);
  const text = await readFile(path, "utf8").catch(unlessAbsent);
  if (text === undefined) return undefined;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is not a record of weights; remove it and add the weights again.`, { cause });
  }
}

/** Each of the two files is there whole or not at all. */
export async function writeWeights(dir: string, name: string, { bytes, record }: AddedWeights): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeWhole(weightsPath(dir, name), bytes);
  await writeWhole(recordPath(dir, name), `${JSON.stringify(record, null, 2)}\n`);
}

type AddedWeights = { bytes: Uint8Array; record: WeightsRecord };

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(unfinished, content, { flush: true });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

export function unlessAbsent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
