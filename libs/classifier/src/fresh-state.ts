// A training run before its first step.
import type { StoredTensor } from "@ursa/tensor/safetensors";
import type { TrainingState } from "./checkpoint.ts";
import { type HeadSize, initialHead, trainableShapes } from "./head.ts";
import { MEAN, VARIANCE } from "./head-graphs.ts";
import { createRandom, STREAM } from "./random.ts";

/** `head` goes on, a fresh optimizer with it; without one it is made from the seed. */
export function freshState(
  size: HeadSize,
  { seed, head = initialHead(size, createRandom(seed, STREAM.head)) }: FreshOptions,
  fingerprint: string,
): TrainingState {
  const tensors = new Map([...head, ...freshOptimizer(Object.entries(trainableShapes(size)))]);
  const random = createRandom(seed, STREAM.fit).state();
  return { epoch: 0, step: 0, random, history: [], engines: [], tensors, fingerprint };
}

type FreshOptions = { seed: number; head?: ReadonlyMap<string, StoredTensor> | undefined };

/** Adam's mean and variance of parameters before the first step: zeros, by name. */
export function freshOptimizer(shapes: Iterable<[string, readonly number[]]>): Map<string, StoredTensor> {
  const zeros = (shape: readonly number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((product, n) => product * n, 1)),
  });
  return new Map(
    [...shapes].flatMap(([name, shape]): [string, StoredTensor][] => [
      [name + MEAN, zeros(shape)],
      [name + VARIANCE, zeros(shape)],
    ]),
  );
}
