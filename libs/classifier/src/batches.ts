// How an epoch is cut into steps.

// Below 320 pictures a batch of 64 leaves fewer than 5 steps per epoch, which trains badly.
const FEW_PICTURES = 320;

export const resolveBatchSize = (batchSize: number | "auto", trainCount: number): number =>
  batchSize === "auto" ? (trainCount < FEW_PICTURES ? 32 : 64) : batchSize;

/**
 * Cuts `order` into ceil(n / batchSize) batches whose sizes differ by at most one: every picture once, and no left-over batch
 * of one or two pictures, whose batch statistics would be noise.
 */
export function cutBatches(order: readonly number[], batchSize: number): number[][] {
  const count = Math.ceil(order.length / batchSize);
  const edge = (i: number) => Math.round((i * order.length) / count);
  return Array.from({ length: count }, (_, i) => order.slice(edge(i), edge(i + 1)));
}
