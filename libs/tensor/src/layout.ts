// The order in which the axes of a value lie in memory. tfjs thinks in NHWC; ONNX Runtime's convolutions take NCHW.
// A layout lists logical axes from outermost to innermost: NCHW of a logical NHWC value is [0, 3, 1, 2].

export type Layout = readonly number[];
export type Shape = readonly number[];

export const NCHW: Layout = [0, 3, 1, 2];
/**
 * NCHW with the channels of a pixel together in blocks, as ONNX Runtime's fastest convolutions take it: in memory
 * [N, C / block, H, W, block]. To the graph such a value has the shape NCHW, of which only its own operators know better;
 * the last entry stands for the place inside the block.
 */
export const BLOCKED: Layout = [0, 3, 1, 2, -1];
/** Convolution filter: tfjs height, width, in, out -> ONNX out, in, height, width. */
export const OIHW: Layout = [3, 2, 0, 1];
/** Depthwise filter: tfjs height, width, channels, 1 -> ONNX channels, 1, height, width. */
export const DEPTHWISE: Layout = [2, 3, 0, 1];

export const identityLayout = (rank: number): Layout => Array.from({ length: rank }, (_, axis) => axis);

export const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** The element at `index`; an index outside the list is a mistake in this library, so it throws. */
export function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`Index ${index} is outside a list of ${list.length}.`);
  return value;
}

export const isBlocked = (layout: Layout): boolean => sameList(layout, BLOCKED);

/** Sizes in memory order, as the graph sees them. */
export const physicalShape = (shape: Shape, layout: Layout): number[] =>
  layout.filter((axis) => axis >= 0).map((axis) => at(shape, axis));

/** The permutation that takes memory in layout `from` to memory in layout `to`. */
export const permutation = (from: Layout, to: Layout): number[] => to.map((axis) => from.indexOf(axis));

/** True when going from one layout to the other moves no number, because only axes of size 1 change places. */
export function isReshape(shape: Shape, from: Layout, to: Layout): boolean {
  const wide = (layout: Layout) => layout.filter((axis) => shape[axis] !== 1);
  return sameList(wide(from), wide(to));
}

/** Copies `values` (memory shape `dims`) into the order `perm`, as numpy's transpose does. */
export function permuteValues(values: Float32Array, dims: Shape, perm: readonly number[]): Float32Array {
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const target = perm.map((axis) => ({ size: at(dims, axis), stride: at(strides, axis) }));
  const out = new Float32Array(values.length);
  let next = 0;
  const copy = (depth: number, offset: number): void => {
    const axis = target[depth];
    if (axis === undefined) {
      out[next] = values[offset] ?? 0;
      next += 1;
      return;
    }
    for (let i = 0; i < axis.size; i += 1) copy(depth + 1, offset + i * axis.stride);
  };
  copy(0, 0);
  return out;
}
