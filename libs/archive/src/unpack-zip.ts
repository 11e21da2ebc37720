// Takes chosen files out of a zip of ours, such as a wheel. Each appears under its name only when it is complete.
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";

export type UnpackOptions = {
  into: string;
  /** Where a file of the zip goes below `into`; undefined: nowhere. */
  place(path: string): string | undefined;
  signal: AbortSignal;
};

/** @returns the number of files taken. yauzl refuses names that leave the folder, and checks sizes. */
export async function unpackZip(path: string, options: UnpackOptions): Promise<number> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    return await takeFiles(zip, options);
  } finally {
    zip.close();
  }
}

async function takeFiles(zip: ZipFile, { into, place, signal }: UnpackOptions): Promise<number> {
  let count = 0;
  for await (const entry of zip.eachEntry()) {
    const path = place(entry.fileName);
    if (path === undefined) continue;
    await extract(zip, entry, { target: join(into, path), signal });
    count += 1;
  }
  return count;
}

async function extract(zip: ZipFile, entry: Entry, { target, signal }: { target: string; signal: AbortSignal }) {
  const partial = `${target}.partial`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(partial), { signal });
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}
