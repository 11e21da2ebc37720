// What a training step is fed besides pictures: labels, weights, dropout and the point of the schedule.
import type { HostTensor } from "@ursa/tensor/session";
import { adamCorrections } from "./adamw.ts";
import { type HeadSize, HIDDEN } from "./head.ts";
import type { Random } from "./random.ts";
import { type TargetOptions, trainingTargets } from "./training-targets.ts";

export const scalarFeed = (value: number): HostTensor => ({ dims: [], data: new Float32Array([value]) });

/** The optimizer's scalars for step `step`, counted from 1. */
export function adamFeeds(momentum: number, step: number): Record<string, HostTensor> {
  const { correction1, correction2 } = adamCorrections(step, momentum);
  return {
    beta1: scalarFeed(momentum),
    correction1: scalarFeed(correction1),
    correction2: scalarFeed(correction2),
  };
}

/** What the loss compares with (`trainingTargets`), and a weight of 1 for each picture; rows beyond them are zeros of weight 0. */
export function labelFeeds(
  labels: readonly number[],
  batch: number,
  options: TargetOptions,
): Record<string, HostTensor> {
  const classes = options.classWeights.length;
  const targets = new Float32Array(batch * classes);
  targets.set(trainingTargets(labels, options));
  return {
    labels: { dims: [batch, classes], data: targets },
    weights: { dims: [batch], data: new Float32Array(batch).fill(1, 0, labels.length) },
  };
}

/** Both masks of the head: half the dropout before the first layer, all of it before the last. */
export function dropoutFeeds(
  { batch, size, dropout }: { batch: number; size: HeadSize; dropout: number },
  random: Random,
): Record<string, HostTensor> {
  return {
    mask1: dropoutMask([batch, size.features], dropout / 2, random),
    mask2: dropoutMask([batch, HIDDEN], dropout, random),
  };
}

/** 0 with probability `rate`, else 1 / (1 - rate), so that the mean stays what it was. */
function dropoutMask(dims: [number, number], rate: number, random: Random): HostTensor {
  const kept = 1 / (1 - rate);
  const data = new Float32Array(dims[0] * dims[1]);
  for (let i = 0; i < data.length; i += 1) data[i] = random.uniform() < rate ? 0 : kept;
  return { dims, data };
}
