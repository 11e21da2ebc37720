// A training run before its first step.
import type { TrainingState } from "./checkpoint.ts";
import { type HeadSize, initialHead, trainableShapes } from "./head.ts";
import { MEAN, VARIANCE } from "./head-graphs.ts";
import { createRandom, STREAM } from "./random.ts";

export function freshState(size: HeadSize, { seed }: { seed: number }, fingerprint: string): TrainingState {
  const tensors = initialHead(size, createRandom(seed, STREAM.head));
  for (const [name, shape] of Object.entries(trainableShapes(size))) {
    const length = shape.reduce((product, n) => product * n, 1);
    tensors.set(name + MEAN, { shape, data: new Float32Array(length) });
    tensors.set(name + VARIANCE, { shape, data: new Float32Array(length) });
  }
  return { epoch: 0, step: 0, random: createRandom(seed, STREAM.fit).state(), history: [], tensors, fingerprint };
}
