// Both sides of a split with faults made on purpose, and what an inspection of them says.
import type { Inspected } from "@ursa/classifier/diagnose/evidence";
import { evidenceOfInspection } from "@ursa/classifier/diagnose/evidence-of-inspection";
import type { FeatureRows } from "@ursa/classifier/feature-file";
import { inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { createRandom } from "@ursa/classifier/random";
import type { TrainingItem } from "@ursa/classifier/stage-1-types";
import { at } from "@ursa/tensor/layout";
import type { LabelledPictures } from "./labelled-pictures.ts";

export type Flaws = {
  validFraction: number;
  /** Part of the labels of these sides that are another class's. */
  flipped?: { part: number; sides: readonly ("train" | "valid")[] };
  /** Copies of training pictures are among the validation pictures. */
  hasLeaks?: boolean;
};
export type FlawedSides = { train: TrainingItem[]; valid: TrainingItem[] };

export function flawedSides(pictures: LabelledPictures, flaws: Flaws, seed: number): FlawedSides {
  const { validFraction, flipped, hasLeaks } = flaws;
  const { train, valid, leaked } = pictures.split({ seed, validFraction });
  const classes = pictures.classes.length;
  const labelsOf = (items: TrainingItem[], side: "train" | "valid") =>
    flipped?.sides.includes(side) ? flip(items, { part: flipped.part, classes, seed }) : items;
  return { train: labelsOf(train, "train"), valid: labelsOf(hasLeaks ? [...valid, ...leaked] : valid, "valid") };
}

/** Each in turn of a random order gets one of the other classes. */
function flip(items: TrainingItem[], how: { part: number; classes: number; seed: number }): TrainingItem[] {
  const random = createRandom(how.seed, 99);
  const chosen = new Set(random.permutation(items.length).slice(0, Math.round(how.part * items.length)));
  return items.map((item, i) => {
    if (!chosen.has(i)) return item;
    return { ...item, label: (item.label + 1 + Math.floor(random.uniform(0, how.classes - 1))) % how.classes };
  });
}

type Looking = { sides: FlawedSides; features: FeatureRows; threads: number; signal: AbortSignal };

/** @param looking.features of the pretrained body, by the pictures' keys */
export async function inspectSides(
  { classes, inspected }: LabelledPictures,
  { sides, features, threads, signal }: Looking,
): Promise<Inspected> {
  const pictures = [...inspected(sides.train, "train"), ...inspected(sides.valid, "valid")];
  const data = await features.rows(pictures.map(({ key }) => Number(key)));
  const rows = { count: pictures.length, width: data.length / pictures.length, data };
  const found = await inspectPictures({ pictures, features: rows, classes, threads, signal });
  const keyOf = (index: number) => at(pictures, index).key;
  const label = found.worthALook.filter(({ reasons }) => reasons.some(({ suspicion }) => suspicion === "label")).length;
  return evidenceOfInspection(
    {
      ...{ count: pictures.length, suspicions: { label }, directionalNoise: found.directionalNoise },
      nearDuplicates: found.pairs.map(({ a, b, ...pair }) => ({ ...pair, a: keyOf(a), b: keyOf(b) })),
    },
    new Map(pictures.map(({ key, label: of, split }) => [key, { class: at(classes, of), split }])),
  );
}
