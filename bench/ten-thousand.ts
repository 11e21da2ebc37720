// Features of 10,000 pictures that were never taken: five classes apart by a little, and what all bodies' features share, directions
// in which pictures differ far more than in others.
import type { FeatureRows } from "@ursa/classifier/inspect/feature-rows";
import type { InspectedPicture } from "@ursa/classifier/inspect/findings";
import { createRandom } from "@ursa/classifier/random";

export const MANY = { count: 10_000, width: 2560, classes: 5 };
const SHARED = 8;
const [APART, WRONG] = [0.15, 0.1];

/** A tenth of the labels are wrong. */
export function drawFeatures(seed: number): { features: FeatureRows; labels: number[]; wrong: Set<number> } {
  const { count, width, classes } = MANY;
  const random = createRandom(seed);
  const normals = (rows: number, deviation: number) =>
    Float32Array.from({ length: rows * width }, () => deviation * random.normal());
  const [centres, directions] = [normals(classes, APART), normals(SHARED, 0.4)];
  const data = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const out = data.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i++) out[i] = (centres[(row % classes) * width + i] ?? 0) + random.uniform(-1.5, 1.5);
    for (let shared = 0; shared < SHARED; shared++) addTimes(out, directions.subarray(shared * width), random.normal());
  }
  const wrong = new Set(random.permutation(count).slice(0, WRONG * count));
  const labels = Array.from({ length: count }, (_, row) => (wrong.has(row) ? row + 1 : row) % classes);
  return { features: { count, width, data }, labels, wrong };
}

/** What else an inspection knows of them: good photographs, no two of which look the same. */
export function drawPictures(labels: readonly number[], seed: number): InspectedPicture[] {
  const random = createRandom(seed, 1);
  const word = () => Math.floor(random.uniform() * 2 ** 32).toString(16).padStart(8, "0"); // biome-ignore format: short
  return labels.map((label, index) => ({
    ...{ key: String(index), label, split: index % 5 === 0 ? "valid" : "train", perceptualHash: word() + word() },
    ...{ width: 800, height: 600, sharpness: 900, brightest: 0.95 },
  }));
}

function addTimes(to: Float32Array, direction: Float32Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + factor * (direction[i] ?? 0);
}
