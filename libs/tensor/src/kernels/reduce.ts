// Sums, means and extremes over axes, and softmax. The result keeps the layout of what it was made from.
import { type MaxAttrs, type MeanAttrs, type SoftmaxAttrs, type SumAttrs, util } from "@tensorflow/tfjs-core";
import { graphDims } from "../dynamic-batch.ts";
import { at, isBlocked, type Layout, physicalShape } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { kernel } from "./kernel.ts";

export const reduceKernels = [
  // tfjs-core publishes the attributes of Sum and Mean without keepDims, but its gradients and ops pass it.
  kernel<"x", SumAttrs & KeepDims>("Sum", ({ x }, { axis, keepDims }) => reduce("ReduceSum", x, { axis, keepDims })),
  kernel<"x", MeanAttrs & KeepDims>("Mean", ({ x }, { axis, keepDims }) => reduce("ReduceMean", x, { axis, keepDims })),
  kernel<"x", MaxAttrs>("Max", ({ x }, { reductionIndices, keepDims }) =>
    reduce("ReduceMax", x, { axis: reductionIndices, keepDims }),
  ),
  kernel<"logits", SoftmaxAttrs>("Softmax", ({ logits }, { dim }) => softmax(logits, dim)),
];

type KeepDims = { keepDims?: boolean };
type Reduction = { axis: number | number[]; keepDims: boolean | undefined };

function reduce(opType: string, x: SymbolicValue, { axis, keepDims }: Reduction): SymbolicValue {
  const axes = util.parseAxisParam(axis, [...x.shape]);
  const blocked = keepDims ? undefined : reduceBlocks(opType, x, axes);
  if (blocked) return blocked;
  const layout = x.flatLayout;
  if (keepDims) {
    const name = x.graph.op(opType, [x.in(layout), axesIn(x, layout, axes)], { keepdims: 1 });
    const shape = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
    return new SymbolicValue(x.graph, shape).hold(layout, name);
  }
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const keptLayout = layout.filter((logical) => kept.includes(logical)).map((logical) => kept.indexOf(logical));
  const shape = kept.map((i) => at(x.shape, i));
  return new SymbolicValue(x.graph, shape).hold(keptLayout, reduceWide(opType, x, axes));
}

/** Without the axes of size 1, among which the runtime does not see that its fast code for rows and columns would do. */
function reduceWide(opType: string, x: SymbolicValue, axes: readonly number[]): string {
  const { graph, shape, flatLayout: layout } = x;
  const wide = layout.filter((axis) => at(shape, axis) !== 1);
  if (!wide.some((axis) => axes.includes(axis)))
    return graph.op(opType, [x.in(layout), axesIn(x, layout, axes)], { keepdims: 0 });
  const dims = (of: Layout) => graphDims(physicalShape(shape, of));
  const dense = wide.length === layout.length ? x.in(layout) : graph.reshape(x.in(layout), dims(wide));
  const reduced = graph.op(opType, [dense, axesIn(x, wide, axes)], { keepdims: 0 });
  const isKept = (axis: number) => !axes.includes(axis);
  const isWhole = wide.filter(isKept).length === layout.filter(isKept).length;
  return isWhole ? reduced : graph.reshape(reduced, dims(layout.filter(isKept)));
}

/** Where `axes` lie in memory of `layout`, as far as they are there. */
const axesIn = ({ graph }: SymbolicValue, layout: Layout, axes: readonly number[]): string =>
  graph.ints(
    axes
      .map((axis) => layout.indexOf(axis))
      .filter((place) => place >= 0)
      .sort((a, b) => a - b),
  );

// Over the places of a map, and then over the batch if asked for: each has fast code, and the channels come out in order.
function reduceBlocks(opType: string, x: SymbolicValue, axes: readonly number[]): SymbolicValue | undefined {
  const { graph, shape } = x;
  const isWholeMap = axes.includes(1) && axes.includes(2) && !axes.includes(3);
  if (!isWholeMap || x.layouts.length === 0 || !x.layouts.every(isBlocked)) return undefined;
  const [batch = 1, , , channels = 1] = shape;
  const overMap = graph.op(opType, [x.inBlocks(), graph.ints([2, 3])], { keepdims: 0 });
  const perPicture = new SymbolicValue(graph, [batch, channels]).hold(
    [0, 1],
    graph.reshape(overMap, [batch, channels]),
  );
  return axes.includes(0) ? reduce(opType, perPicture, { axis: 0, keepDims: false }) : perPicture;
}

function softmax(x: SymbolicValue, axis: number): SymbolicValue {
  const layout = x.flatLayout;
  const logical = axis < 0 ? axis + x.shape.length : axis;
  return new SymbolicValue(x.graph, x.shape).hold(
    layout,
    x.graph.op("Softmax", [x.in(layout)], { axis: layout.indexOf(logical) }),
  );
}
