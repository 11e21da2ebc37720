// The pictures that are sent: a folder's, or drawn photographs of some 200 kB.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { drawPhotograph } from "@ursa/testing/pictures";

const PICTURE = /\.(?:jpe?g|png|webp|gif)$/i;
/** Drawing one takes as long as classifying dozens. */
const DRAWN = 12;

export async function readPhotographs(folder: string | undefined): Promise<Buffer[]> {
  if (folder === undefined) return Promise.all(Array.from({ length: DRAWN }, (_, seed) => drawPhotograph(seed)));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter(({ name }) => PICTURE.test(name)).map(({ parentPath, name }) => join(parentPath, name));
  if (paths.length === 0) throw new Error(`There is no picture in ${folder}.`);
  return Promise.all(paths.sort().map((path) => readFile(path)));
}

export const meanKb = (pictures: readonly Uint8Array[]): number =>
  pictures.reduce((sum, { length }) => sum + length, 0) / pictures.length / 1000;
