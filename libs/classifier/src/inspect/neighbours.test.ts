// Pairs are found across the edges of blocks, and neither the hash nor the embedding alone makes one.

import { hashDistance, readHash } from "@ursa/imaging/hash-distance";
import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import { findNeighbours } from "./neighbours.ts";
import { findOffTopic } from "./off-topic.ts";

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
  const { pairs } = await findNeighbours({ features, hashes, threads: 1, signal, onBlock });
  const found = pairs.map(({ a, b }) => `${a} ${b}`);
  expect(found).toEqual(expect.arrayContaining(["3 4", "10 599", "511 512"]));
  expect(found).not.toContain("20 21");
  expect(blocks.slice(-2)).toEqual([3, 3]);
  for (const { cosine, distance } of pairs) expect(cosine).toBeGreaterThanOrEqual(0.6 + distance / 100 - 1e-6);
});

test("what is like nothing else is off topic, and of ordinary pictures next to none is", async () => {
  const { data, hashes } = world();
  const random = createRandom(8);
  for (const index of [100, 300]) for (let i = 0; i < WIDTH; i++) data[index * WIDTH + i] = random.normal();
  const { nearness } = await findNeighbours({
    features: { count: COUNT, width: WIDTH, data },
    hashes,
    threads: 1,
    signal,
  });
  const found = findOffTopic(nearness);
  expect(found.slice(0, 2).map(({ index }) => index).sort((a, b) => a - b)).toEqual([100, 300]); // biome-ignore format: short
  expect(found.length).toBeLessThan(2 + COUNT * 0.01);
  expect(findOffTopic(nearness.slice(0, 19))).toEqual([]);
});

test("it stops when it is told to", async () => {
  const { data, hashes } = world();
  const stopped = AbortSignal.abort(new Error("enough"));
  const asked = findNeighbours({ features: { count: COUNT, width: WIDTH, data }, hashes, threads: 1, signal: stopped });
  await expect(asked).rejects.toThrow("enough");
});
