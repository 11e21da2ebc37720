// Pairs are found across the edges of blocks, and neither the hash nor the embedding alone makes one.

import { hashDistance, readHash } from "@ursa/imaging/hash-distance";
import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { standardise } from "./feature-rows.ts";
import { findNeighbours, type NearDuplicate } from "./neighbours.ts";
import { findClassNearness, findOffTopic } from "./off-topic.ts";

const [COUNT, WIDTH] = [600, 32];
const signal = new AbortController().signal;

test("hash distances count differing bits", () => {
  const distance = (a: string, b: string) => hashDistance(readHash(a), readHash(b));
  expect(distance("8000000000000000", "8000000000000000")).toBe(0);
  expect(distance("ffffffffffffffff", "0000000000000000")).toBe(64);
  expect(distance("8000000000000001", "0000000000000003")).toBe(2);
});

/** Pictures around one of four centres, each with a hash that no other is near to. */
function world() {
  const random = createRandom(7);
  const centres = Float32Array.from({ length: 4 * WIDTH }, () => random.normal());
  const data = Float32Array.from(
    { length: COUNT * WIDTH },
    (_, i) => (centres[(Math.floor(i / WIDTH) % 4) * WIDTH + (i % WIDTH)] ?? 0) + 0.5 * random.normal(),
  );
  const word = () => Math.floor(random.uniform() * 2 ** 32).toString(16).padStart(8, "0"); // biome-ignore format: short
  return { data, hashes: Array.from({ length: COUNT }, () => word() + word()) };
}

/** Five of all rows, by cosines computed one by one. */
function nearestByHand({ data }: { data: Float32Array }, index: number, pairs: readonly NearDuplicate[]) {
  const row = (at: number) => data.subarray(at * WIDTH, (at + 1) * WIDTH);
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, each, i) => sum + each * (b[i] ?? 0), 0);
  const cosine = (other: number) =>
    product(row(index), row(other)) / Math.sqrt(product(row(index), row(index)) * product(row(other), row(other)));
  const copies = new Set(pairs.flatMap(({ a, b }) => (a === index ? [b] : b === index ? [a] : [])));
  return Array.from({ length: COUNT }, (_, other) => ({ index: other, cosine: cosine(other) }))
    .filter(({ index: other }) => other !== index && !copies.has(other))
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, 5)
    .map((one) => ({ ...one, cosine: expect.closeTo(one.cosine, 4) }));
}

/** Row `b` becomes row `a`, a little changed. */
function copyRow(data: Float32Array, a: number, b: number): void {
  for (let i = 0; i < WIDTH; i++) data[b * WIDTH + i] = (data[a * WIDTH + i] ?? 0) + 0.02 * Math.sin(i);
}

test("a pair is near by hash and by embedding, wherever its pictures stand", async () => {
  const { data, hashes } = world();
  for (const [a, b] of [
    [3, 4],
    [10, 599],
    [511, 512],
  ] as const) {
    // biome-ignore format: short
    copyRow(data, a, b);
    hashes[b] = hashes[a] ?? "";
  }
  // The same hash but another picture; and an embedding that is the same while the hash is not.
  hashes[21] = hashes[20] ?? "";
  copyRow(data, 30, 31);
  const features = { count: COUNT, width: WIDTH, data };
  const blocks: number[] = [];
  const onBlock = (done: number, total: number) => blocks.push(done, total);
  const { pairs, nearest } = await findNeighbours({ features, hashes, threads: 1, signal, onBlock });
  const found = pairs.map(({ a, b }) => `${a} ${b}`);
  expect(found).toEqual(expect.arrayContaining(["3 4", "10 599", "511 512"]));
  expect(found).not.toContain("20 21");
  expect(blocks.slice(-2)).toEqual([3, 3]);
  // Copies are not told again as what is nearest.
  expect(nearest[511]?.map(({ index }) => index)).not.toContain(512);
  for (const index of [0, 300, 599]) expect(nearest[index]).toEqual(nearestByHand(features, index, pairs));
  for (const { cosine, distance } of pairs) expect(cosine).toBeGreaterThanOrEqual(0.6 + distance / 100 - 1e-6);
});

/** Rows around the four centres, each labelled by its own; those of `strange` are drawn by themselves. */
async function offTopicOf(strange: readonly number[], drawRow: (row: Float32Array, place: number) => void) {
  const { data, hashes } = world();
  for (const [place, index] of strange.entries()) drawRow(data.subarray(index * WIDTH, (index + 1) * WIDTH), place);
  const features = standardise({ count: COUNT, width: WIDTH, data });
  const { nearness } = await findNeighbours({ features, hashes, threads: 1, signal });
  const labels = hashes.map((_, index) => index % 4);
  const found = findOffTopic(nearness, findClassNearness({ features, labels, classes: 4 }));
  return { nearness, found, listed: found.map(({ index }) => index) };
}
const ascending = (a: number, b: number) => a - b;

test("what is like nothing else is off topic, and of ordinary pictures next to none is", async () => {
  const random = createRandom(8);
  const draw = (row: Float32Array) => row.set(Float32Array.from(row, () => random.normal()));
  const { nearness, found, listed } = await offTopicOf([100, 300], draw);
  expect(listed.slice(0, 2).sort(ascending)).toEqual([100, 300]);
  expect(found.length).toBeLessThan(2 + COUNT * 0.02);
  expect(findOffTopic(nearness.slice(0, 19), nearness.slice(0, 19))).toEqual([]);
});

test("six look-alikes that strayed in together are off topic, though each has five that are like it", async () => {
  const random = createRandom(9);
  const logo = Float32Array.from({ length: WIDTH }, () => 1.2 * random.normal());
  const strange = [10, 123, 250, 251, 402, 599];
  const draw = (row: Float32Array) => row.set(logo.map((value) => value + 0.3 * random.normal()));
  const { found, listed } = await offTopicOf(strange, draw);
  expect(listed.slice(0, 6).sort(ascending)).toEqual(strange);
  expect(found.length).toBeLessThan(6 + COUNT * 0.02);
});

test("it stops when it is told to", async () => {
  const { data, hashes } = world();
  const stopped = AbortSignal.abort(new Error("enough"));
  const asked = findNeighbours({ features: { count: COUNT, width: WIDTH, data }, hashes, threads: 1, signal: stopped });
  await expect(asked).rejects.toThrow("enough");
});
