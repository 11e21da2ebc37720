// Two classes of pictures small enough for unit tests: stripes and a chequered pattern, shifted by the augmentation.
import { createRandom } from "./random.ts";
import type { Stage1Recipe, TrainingItem, ViewSource } from "./stage-1-types.ts";

export const DRAWN_SIZE = 32;
export const DRAWN_CLASSES = ["stripes", "squares"];

/** Three short epochs of small batches. */
export const DRAWN_RECIPE: Stage1Recipe = {
  backbone: "efficientnet_lite0",
  size: DRAWN_SIZE,
  epochs: 3,
  learningRate: 3e-3,
  batchSize: 8,
  weightDecay: 0.01,
  dropout: 0.5,
  ...{ augment: true, flip: true, flipVertical: false, maxRotate: 10, maxZoom: 1.1, maxLighting: 0.2, maxWarp: 0.2 },
  ...{ pAffine: 0.75, pLighting: 0.75 },
  ...{ mixup: 0, labelSmoothing: 0, classWeights: "none", oversample: false, keepBest: false },
  pretrained: true,
  seed: 3,
};

/** `count` items of alternating classes, numbered from `from`. */
export const drawnItems = (count: number, from: number): TrainingItem[] =>
  Array.from({ length: count }, (_, i) => ({ key: `picture-${from + i}`, label: i % 2 }));

export const drawnViews: ViewSource = {
  trainViews: async (item, augmentations) => augmentations.map(({ cropColumn }) => draw(item, cropColumn)),
  validView: async (item) => draw(item, 0.5),
};

function draw({ key, label }: TrainingItem, shift: number): Uint8Array {
  const noise = createRandom(Number(key.split("-")[1]));
  const pixels = new Uint8Array(DRAWN_SIZE * DRAWN_SIZE * 3);
  for (let i = 0; i < pixels.length; i += 1) {
    const [x, y] = [Math.floor(i / 3) % DRAWN_SIZE, Math.floor(i / 3 / DRAWN_SIZE)];
    const isLight = (Math.floor(x / 4 + shift) + (label === 1 ? Math.floor(y / 4) : 0)) % 2 === 0;
    pixels[i] = (isLight ? 180 : 60) + Math.floor(noise.uniform(0, 40));
  }
  return pixels;
}
