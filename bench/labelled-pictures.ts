// A folder of pictures per class, or drawn ones, as training sees them: verified, prepared, and split as a dataset is.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingItem, ViewSource } from "@ursa/classifier/stage-1-types";
import { assignSplit, type SplitItem } from "@ursa/dataset/split";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { type BearKind, drawBear } from "@ursa/testing/pictures";

/** As datasets keep them. */
const PREPARED_SHORT_SIDE = 288;
const SIZE = 224;
const DRAWN: readonly BearKind[] = ["black", "grizzly", "teddy"];
const DRAWN_OF_EACH = 90;

type Picture = SplitItem & { original: Uint8Array; prepared: Uint8Array; label: number };
export type LabelledPictures = {
  classes: string[];
  views: ViewSource;
  all: TrainingItem[];
  /** Both sides of the split of this seed, by the rule of datasets. */
  split(cut: { seed: number; validFraction: number }): { train: TrainingItem[]; valid: TrainingItem[] };
};

/** Pictures that cannot be used are left out. */
export async function readPictures(folder: string | undefined, decoders: DecoderPool): Promise<LabelledPictures> {
  const classes = folder ? await foldersIn(folder) : [...DRAWN];
  const pictures: Picture[] = [];
  for await (const { name, label, original } of allOf(folder, classes)) {
    const found = await decoders.inspect(original, { preparedShortSide: PREPARED_SHORT_SIDE });
    if (!found.ok || !found.prepared) continue;
    const { sha256, perceptualHash, prepared } = found;
    pictures.push({ index: pictures.length, class: name, label, sha256, perceptualHash, original, prepared });
  }
  const pictureOf = ({ key }: TrainingItem): Picture => {
    const picture = pictures[Number(key)];
    if (!picture) throw new Error(`There is no picture ${key}.`);
    return picture;
  };
  const itemOf = ({ index, label }: Picture): TrainingItem => ({ key: String(index), label });
  return {
    classes,
    all: pictures.map(itemOf),
    views: {
      trainViews: (item, augmentations, signal) =>
        decoders.augment(pictureOf(item).prepared, SIZE, augmentations, signal),
      validView: (item, signal) => decoders.view(pictureOf(item).original, SIZE, signal),
    },
    split({ seed, validFraction }) {
      const sides = assignSplit(pictures, { splitSeed: seed, validFraction });
      const on = (side: string) => pictures.filter(({ index }) => sides.get(index)?.split === side).map(itemOf);
      return { train: on("train"), valid: on("valid") };
    },
  };
}

async function* allOf(folder: string | undefined, classes: readonly string[]) {
  for (const [label, name] of classes.entries()) {
    const originals = folder ? filesIn(join(folder, name)) : drawings(DRAWN[label]);
    for await (const original of originals) yield { name, label, original };
  }
}

const foldersIn = async (folder: string) =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

async function* filesIn(folder: string) {
  for (const name of (await readdir(folder)).sort()) yield await readFile(join(folder, name));
}

async function* drawings(kind: BearKind | undefined) {
  for (let seed = 0; kind && seed < DRAWN_OF_EACH; seed++) yield await drawBear(kind, seed);
}
