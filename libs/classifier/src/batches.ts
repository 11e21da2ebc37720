// How an epoch is cut into steps.
import type { Random } from "./random.ts";

// Below 320 pictures a batch of 64 leaves fewer than 5 steps per epoch, which trains badly.
const FEW_PICTURES = 320;

export const resolveBatchSize = (batchSize: number | "auto", trainCount: number): number =>
  batchSize === "auto" ? (trainCount < FEW_PICTURES ? 32 : 64) : batchSize;

/** The lesson's batch for a whole network; larger ones leave few steps and take the memory of more activations. */
const NETWORK_BATCH = 16;

export const resolveNetworkBatch = (batchSize: number | "auto"): number =>
  batchSize === "auto" ? NETWORK_BATCH : batchSize;

/**
 * Indices of `labels` in random order: each once, or with `oversample` each class as often as the largest, its pictures equally
 * often up to one. Source: fastai 1, `OverSamplingCallback`, which draws with replacement and so leaves some pictures out.
 */
export function epochOrder(labels: readonly number[], random: Random, oversample: boolean): number[] {
  if (!oversample) return random.permutation(labels.length);
  const classes = [...Map.groupBy(labels.keys(), (index) => labels[index]).values()];
  const largest = Math.max(...classes.map((indices) => indices.length));
  const drawn = classes.flatMap((indices) => {
    const extra = random.permutation(indices.length).map((i) => indices[i] ?? 0);
    return Array.from({ length: largest }, (_, i) => extra[i % extra.length] ?? 0);
  });
  return random.permutation(drawn.length).map((i) => drawn[i] ?? 0);
}

/**
 * Cuts `order` into ceil(n / batchSize) batches whose sizes differ by at most one: every picture once, and no left-over batch
 * of one or two pictures, whose batch statistics would be noise.
 */
export function cutBatches(order: readonly number[], batchSize: number): number[][] {
  const count = Math.ceil(order.length / batchSize);
  const edge = (i: number) => Math.round((i * order.length) / count);
  return Array.from({ length: count }, (_, i) => order.slice(edge(i), edge(i + 1)));
}
