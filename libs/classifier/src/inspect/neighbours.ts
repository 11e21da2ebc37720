// Every picture beside every other, in blocks: the most similar ones of each, and pairs that are nearly the same.
import * as tf from "@tensorflow/tfjs-core";
import { hashDistance, readHash } from "@ursa/imaging/hash-distance";
import { at } from "@ursa/tensor/layout";
import { openSession, type Session } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { type FeatureRows, normalise } from "./feature-rows.ts";

export type NearDuplicate = {
  /** Indices; a is the lower. */
  a: number;
  b: number;
  cosine: number;
  /** Bits in which the perceptual hashes differ, of 64. */
  distance: number;
};
/** Another picture, and how alike the two are. */
export type NearPicture = { index: number; cosine: number };
export type Neighbours = {
  pairs: NearDuplicate[];
  /** Per picture, its nearest that are not near-duplicates of it: at most five, the nearest first. */
  nearest: NearPicture[][];
  /**
   * Per picture, the mean cosine of its nearest five; 1 where there is no other picture. A few look-alikes do not count: six copies of
   * a logo that differ in colour are each other's nearest, and still like nothing else.
   */
  nearness: Float32Array;
};
export type NeighbourOptions = {
  /** Scaled by `standardise`. */
  features: FeatureRows;
  /** Per picture, 16 hex digits. */
  hashes: readonly string[];
  threads: number;
  signal: AbortSignal;
  onBlock?: (done: number, total: number) => void;
};

/** Rows on each side of a block: a megabyte of cosines. */
const BLOCK = 512;
/** Nearest pictures that tell how much a picture is like any other. */
const NEAREST = 5;
/** So many look-alikes are a kind of picture that belongs to the dataset, fewer may have strayed into it together. */
const KIND = 10;

/**
 * Whether two pictures are one, re-encoded, resized or cropped a little. Neither test alone will do: on photographs, hashes of
 * unrelated ones differ in 12 bits now and then, and of two toys before a white wall the cosine is 0.77.
 */
const isNearDuplicate = (cosine: number, distance: number): boolean => cosine >= LEAST_COSINE + distance / 100;
const LEAST_COSINE = 0.6;

/** Takes count² / 2 products of `width` numbers: 10,000 pictures some 22 s of CPU. Throws the signal's reason. */
export async function findNeighbours(options: NeighbourOptions): Promise<Neighbours> {
  const { features, threads } = options;
  const rows = normalise(features);
  const side = Math.min(BLOCK, rows.count);
  const hashes = options.hashes.map(readHash);
  const around = Array.from({ length: rows.count }, () => ({ all: emptyNearest(), unlike: emptyNearest(), alike: 0 }));
  const pairs: NearDuplicate[] = [];
  const compare = ({ a, b, cosine }: Cell) => {
    const distance = cosine >= LEAST_COSINE ? hashDistance(at(hashes, a), at(hashes, b)) : 64;
    if (isNearDuplicate(cosine, distance)) return void pairs.push({ a, b, cosine, distance });
    note(at(around, a), b, cosine);
    note(at(around, b), a, cosine);
  };
  await using session = await openSession(traceCosines(side, rows.width), { threads });
  for await (const block of blocksOf({ ...options, rows, side, session })) {
    for (const cell of cellsOf(block)) compare(cell);
  }
  const nearness = Float32Array.from(around, ({ all, unlike, alike }) => meanOf(alike < KIND ? unlike : all));
  return { pairs, nearest: around.map(({ all }) => listNearest(all)), nearness };
}

function traceCosines(side: number, width: number): Uint8Array {
  return trace({
    inputs: { left: { shape: [side, width] }, right: { shape: [side, width] } },
    // Both are declared with two axes.
    fn: ({ left, right }) => ({
      outputs: { cosines: tf.matMul(left as tf.Tensor2D, right as tf.Tensor2D, false, true) },
    }),
  }).bytes;
}

type Cell = { a: number; b: number; cosine: number };
type Block = { top: number; left: number; side: number; count: number; cosines: Float32Array };
type Blocks = NeighbourOptions & { rows: FeatureRows; side: number; session: Session };

/** The blocks on and above the diagonal; rows beyond the last are zeros. */
async function* blocksOf({ rows, side, session, signal, onBlock }: Blocks): AsyncGenerator<Block> {
  const starts = Array.from({ length: Math.ceil(rows.count / side) }, (_, i) => i * side);
  const corners = starts.flatMap((top) => starts.filter((left) => left >= top).map((left) => ({ top, left })));
  for (const [done, { top, left }] of corners.entries()) {
    signal.throwIfAborted();
    const { cosines } = await session.run({ left: sliceOf(rows, top, side), right: sliceOf(rows, left, side) });
    if (!(cosines?.data instanceof Float32Array)) throw new Error("The product gave no cosines.");
    yield { top, left, side, count: rows.count, cosines: cosines.data };
    onBlock?.(done + 1, corners.length);
  }
}

function sliceOf({ data, width }: FeatureRows, start: number, side: number) {
  const part = data.subarray(start * width, (start + side) * width);
  if (part.length === side * width) return { dims: [side, width], data: part };
  const padded = new Float32Array(side * width);
  padded.set(part);
  return { dims: [side, width], data: padded };
}

function* cellsOf({ top, left, side, count, cosines }: Block): Generator<Cell> {
  for (let i = 0; i < side && top + i < count; i++) {
    const first = top === left ? i + 1 : 0;
    for (let j = first; j < side && left + j < count; j++) {
      yield { a: top + i, b: left + j, cosine: cosines[i * side + j] ?? 0 };
    }
  }
}

/** Sorted, the highest cosine first; NaN where there is none yet. */
type Kept = { cosines: Float32Array; indices: Int32Array };

/** `unlike`: of those that are no look-alikes; `alike` counts these. */
type Around = { all: Kept; unlike: Kept; alike: number };

function note(around: Around, index: number, cosine: number): void {
  keepNearest(around.all, index, cosine);
  if (cosine < LEAST_COSINE) keepNearest(around.unlike, index, cosine);
  else around.alike += 1;
}

const emptyNearest = (): Kept => ({
  cosines: new Float32Array(NEAREST).fill(Number.NaN),
  indices: new Int32Array(NEAREST),
});

function keepNearest({ cosines, indices }: Kept, index: number, cosine: number): void {
  if (cosine <= (cosines[NEAREST - 1] ?? 0)) return;
  let place = NEAREST - 1;
  while (place > 0 && !(cosine <= (cosines[place - 1] ?? 0))) {
    cosines[place] = cosines[place - 1] ?? Number.NaN;
    indices[place] = indices[place - 1] ?? 0;
    place -= 1;
  }
  cosines[place] = cosine;
  indices[place] = index;
}

function listNearest({ cosines, indices }: Kept): NearPicture[] {
  return Array.from(cosines, (cosine, place) => ({ index: indices[place] ?? 0, cosine })).filter(
    ({ cosine }) => !Number.isNaN(cosine),
  );
}

function meanOf({ cosines }: Kept): number {
  const there = cosines.filter((value) => !Number.isNaN(value));
  return there.length === 0 ? 1 : there.reduce((sum, value) => sum + value, 0) / there.length;
}
