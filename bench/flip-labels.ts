// Labels made wrong on purpose, by a seed, so that what finds them can be measured.
import { createRandom, type Random } from "@ursa/classifier/random";

/** A stream of the seed that no other part of Ursa draws from. */
const STREAM = 1001;

export type Flipped = { labels: number[]; wrong: Set<number>; pair?: { actual: number; given: number } };
type Labelled = { labels: readonly number[]; classes: number };

/** `fraction` of all labels become another one, each other one equally likely. */
export function flipAny({ labels, classes }: Labelled, fraction: number, seed: number): Flipped {
  const random = createRandom(seed, STREAM);
  const chosen = random.permutation(labels.length).slice(0, Math.round(labels.length * fraction));
  return flip(labels, chosen, (label) => (label + 1 + below(random, classes - 1)) % classes);
}

/** `fraction` of one class's labels become one other; both are drawn. */
export function flipOneClass({ labels, classes }: Labelled, fraction: number, seed: number): Flipped {
  const random = createRandom(seed, STREAM);
  const actual = below(random, classes);
  const given = (actual + 1 + below(random, classes - 1)) % classes;
  const members = labels.flatMap((label, index) => (label === actual ? [index] : []));
  const order = random.permutation(members.length).map((at) => members[at] ?? 0);
  const chosen = order.slice(0, Math.round(members.length * fraction));
  return { ...flip(labels, chosen, () => given), pair: { actual, given } };
}

function flip(labels: readonly number[], chosen: readonly number[], change: (label: number) => number): Flipped {
  const flipped = [...labels];
  for (const index of chosen) flipped[index] = change(labels[index] ?? 0);
  return { labels: flipped, wrong: new Set(chosen) };
}

const below = (random: Random, count: number) => Math.floor(random.uniform() * count);
