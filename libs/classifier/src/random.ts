// A seeded random generator whose state can be saved: the same seed gives the same training run, also after a resume.

/** What a run draws random numbers for. Each has its own stream of the run's seed, so none depends on how many another drew. */
export const STREAM = {
  augmentation: 1,
  head: 2,
  fit: 3,
  body: 4,
  unfrozenAugmentation: 5,
  unfrozenFit: 6,
  finder: 7,
  learningCurve: 8,
  folds: 9,
  shownBatch: 10,
} as const;

export type RandomState = readonly [number, number, number, number];

export interface Random {
  /** A number in [0, 1) with 32 random bits. */
  uniform(low?: number, high?: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** The numbers 0..count-1 in random order (Fisher-Yates). */
  permutation(count: number): number[];
  state(): RandomState;
}

/** A generator for `seed` and, under the same seed, an independent one for every different `stream`. */
export function createRandom(seed: number, ...stream: readonly number[]): Random {
  let hash = 0x9e3779b9;
  const words = [seed, Math.floor(seed / 2 ** 32), ...stream, 1, 2, 3, 4].map((word) => {
    hash = mix(hash ^ (word >>> 0));
    return hash;
  });
  const [a = 0, b = 0, c = 0, d = 0] = words.slice(-4);
  const random = restoreRandom([a, b, c, d]);
  // sfc32 needs a few rounds before neighbouring seeds have nothing in common.
  for (let i = 0; i < 12; i += 1) random.uniform();
  return random;
}

/** The generator that goes on from a saved state. Algorithm: sfc32 (Chris Doty-Humphrey, PractRand). */
export function restoreRandom([a0, b0, c0, d0]: RandomState): Random {
  let [a, b, c, d] = [a0 | 0, b0 | 0, c0 | 0, d0 | 0];
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    permutation: (count) => shuffle(count, next),
    state: () => [a, b, c, d],
  };
}

function shuffle(count: number, next: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    const held = order[i] ?? i;
    order[i] = order[j] ?? j;
    order[j] = held;
  }
  return order;
}

// The finalizer of MurmurHash3.
function mix(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
