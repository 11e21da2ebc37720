// A folder of pictures per class, or drawn ones, as training and inspection see them: verified, prepared, and split as a dataset is; and copies of
// some, which no split would part from their originals.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InspectedPicture } from "@ursa/classifier/inspect/findings";
import type { TrainingItem, ViewSource } from "@ursa/classifier/stage-1-types";
import type { Split } from "@ursa/contracts/dataset";
import { assignSplit, type SplitItem } from "@ursa/dataset/split";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { varyPicture } from "@ursa/imaging/vary-picture";
import { at } from "@ursa/tensor/layout";
import { type BearKind, drawBear } from "@ursa/testing/pictures";

/** As datasets keep them. */
const PREPARED_SHORT_SIDE = 288;
const SIZE = 224;
const DRAWN: readonly BearKind[] = ["black", "grizzly", "teddy"];
const DRAWN_OF_EACH = 90;

/** Of these a copy is made, saved again at a lower quality. */
const COPIES = 30;

type Seen = Omit<InspectedPicture, "key" | "label" | "split">;
type Picture = SplitItem & Seen & { original: Uint8Array; prepared: Uint8Array; label: number; copyOf?: number };
/** Neither side has a copy; `leaked` are those of pictures on the training side. */
export type Sides = Record<"train" | "valid" | "leaked", TrainingItem[]>;
export type LabelledPictures = {
  classes: string[];
  views: ViewSource;
  all: TrainingItem[];
  /** Both sides of the split of this seed, by the rule of datasets. */
  split(cut: { seed: number; validFraction: number }): Sides;
  /** As an inspection sees them, with the labels that they are given. */
  inspected(items: readonly TrainingItem[], split: Split): InspectedPicture[];
};

/** Pictures that cannot be used are left out. */
export async function readPictures(folder: string | undefined, decoders: DecoderPool): Promise<LabelledPictures> {
  const classes = folder ? await foldersIn(folder) : [...DRAWN];
  const pictures: Picture[] = [];
  const add = async (original: Uint8Array, place: { class: string; label: number; copyOf?: number }) => {
    const found = await decoders.inspect(original, { preparedShortSide: PREPARED_SHORT_SIDE });
    if (!found.ok || !found.prepared) return;
    const { sha256, perceptualHash, width, height, prepared } = found;
    const seen = { perceptualHash, width, height, ...(await decoders.measure(prepared)) };
    pictures.push({ index: pictures.length, ...place, sha256, ...seen, original, prepared });
  };
  for await (const { name, label, original } of allOf(folder, classes)) await add(original, { class: name, label });
  const count = pictures.length;
  for (let n = 0; n < COPIES; n++) {
    const { index, class: name, label, original } = at(pictures, Math.floor((n * count) / COPIES));
    await add(await varyPicture(original, { quality: 60 }), { class: name, label, copyOf: index });
  }
  const pictureOf = ({ key }: TrainingItem): Picture => at(pictures, Number(key));
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
      const sides = assignSplit(pictures.slice(0, count), { splitSeed: seed, validFraction });
      const on = (side: string) => pictures.filter(({ index }) => sides.get(index)?.split === side).map(itemOf);
      const leaked = pictures.filter(({ copyOf = -1 }) => sides.get(copyOf)?.split === "train").map(itemOf);
      return { train: on("train"), valid: on("valid"), leaked };
    },
    inspected: (items, split) =>
      items.map((item) => {
        const { perceptualHash, width, height, sharpness, brightest } = pictureOf(item);
        return { ...item, split, perceptualHash, width, height, sharpness, brightest };
      }),
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
