// The tensors of a body by name: what is learned and what is measured. Names are timm's, without the counter of batches.
import type { Stage } from "./backbone.ts";

export type Shapes = Map<string, readonly number[]>;

/** Convolution weights [out, in, height, width], and each batch-norm's weight and bias [out]. */
export function learnedShapes(stages: readonly Stage[]): Shapes {
  return new Map(
    stages.flatMap(({ convolutions }) =>
      convolutions.flatMap(({ name, norm, shape }): [string, readonly number[]][] => [
        [`${name}.weight`, shape],
        [`${norm}.weight`, [shape[0]]],
        [`${norm}.bias`, [shape[0]]],
      ]),
    ),
  );
}

/** Each batch-norm's running mean and variance [out]. */
export function statisticShapes(stages: readonly Stage[]): Shapes {
  return new Map(
    stages.flatMap(({ convolutions }) =>
      convolutions.flatMap(({ norm, shape }): [string, readonly number[]][] => [
        [`${norm}.running_mean`, [shape[0]]],
        [`${norm}.running_var`, [shape[0]]],
      ]),
    ),
  );
}
