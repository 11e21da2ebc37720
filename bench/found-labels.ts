// How many of the labels that were flipped on purpose an inspection has at the head of its list: the mean of several seeds.
import { type InspectOptions, inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { at } from "@ursa/tensor/layout";
import { type Flipped, flipAny, flipOneClass } from "./flip-labels.ts";

/** Pictures whose labels are right. */
type Subject = Omit<InspectOptions, "onProgress">;
export type FlipCase = {
  flip(seed: number): Flipped;
  /** Entries of the list that are looked through. */
  budget(wrong: number): number;
  /** The part of the wrong labels that is to be among them. */
  target: number;
};

/** By name. */
export function flipCases({ pictures, classes }: Pick<Subject, "pictures" | "classes">): Record<string, FlipCase> {
  const labelled = { labels: pictures.map(({ label }) => label), classes: classes.length };
  return {
    "5 % of all": {
      flip: (seed) => flipAny(labelled, 0.05, seed),
      budget: () => Math.floor(pictures.length * 0.1),
      target: 0.95,
    },
    "30 % of all": {
      flip: (seed) => flipAny(labelled, 0.3, seed),
      budget: () => Math.round(pictures.length * 0.3),
      target: 0.75,
    },
    "20 % of a class": {
      flip: (seed) => flipOneClass(labelled, 0.2, seed),
      budget: (wrong) => 2 * wrong,
      target: 0.7,
    },
  };
}

/** Seeds 1 to `seeds`. `recall` is their mean. */
export async function measureFlips(subject: Subject, { flip, budget, target }: FlipCase, seeds: number) {
  const runs = [];
  for (let seed = 1; seed <= seeds; seed++) runs.push(await findFlipped(subject, flip(seed), budget));
  const mean = runs.reduce((sum, { found }) => sum + found, 0) / runs.length;
  return { recall: mean, target, ok: mean >= target, runs };
}

async function findFlipped(subject: Subject, flipped: Flipped, budget: FlipCase["budget"]) {
  const { classes } = subject;
  const pictures = subject.pictures.map((picture, i) => ({ ...picture, label: at(flipped.labels, i) }));
  const { worthALook, directionalNoise } = await inspectPictures({ ...subject, pictures });
  const entries = worthALook.slice(0, budget(flipped.wrong.size));
  const found = entries.filter(({ index }) => flipped.wrong.has(index)).length / flipped.wrong.size;
  const pairs = directionalNoise.map(({ actual, given: label }) => `${actual} as ${label}`);
  const { pair } = flipped;
  const named = pair ? pairs.includes(`${classes[pair.actual]} as ${classes[pair.given]}`) : undefined;
  return { found, wrong: flipped.wrong.size, listed: worthALook.length, pairs, named };
}
