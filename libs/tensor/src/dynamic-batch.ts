// While a graph with a batch size unknown until run time is traced, tfjs needs some number for it: this one.
// It is a prime no layer is as wide as, so wherever it turns up in a shape it is the batch.
import { sizeOf } from "./layout.ts";

export const DYNAMIC_BATCH = 32_749;

/** A shape as the graph must see it: the batch of a dynamic graph is "whatever remains" (-1). */
export function graphDims(shape: readonly number[]): number[] {
  const dims = shape.map((size) => (size === DYNAMIC_BATCH ? -1 : size));
  const hidden = dims.some((size) => size > DYNAMIC_BATCH && size % DYNAMIC_BATCH === 0);
  if (hidden) throw new Error(`Shape [${shape}] folds the batch into another axis (${sizeOf(shape)} values).`);
  return dims;
}

/** A shape with the batch of a dynamic graph under its name, for inputs and outputs. */
export const namedDims = (shape: readonly number[]): (number | string)[] =>
  shape.map((size) => (size === DYNAMIC_BATCH ? "batch" : size));
