// Sums, means and extremes over axes, and the softmax family. The result keeps the layout of what it was made from.
import {
  type LogSoftmaxAttrs,
  type MaxAttrs,
  type MeanAttrs,
  type SoftmaxAttrs,
  type SumAttrs,
  util,
} from "@tensorflow/tfjs-core";
import { at } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { kernel } from "./kernel.ts";

export const reduceKernels = [
  // tfjs-core publishes the attributes of Sum and Mean without keepDims, but its gradients and ops pass it.
  kernel<"x", SumAttrs & KeepDims>("Sum", ({ x }, { axis, keepDims }) => reduce("ReduceSum", x, { axis, keepDims })),
  kernel<"x", MeanAttrs & KeepDims>("Mean", ({ x }, { axis, keepDims }) => reduce("ReduceMean", x, { axis, keepDims })),
  kernel<"x", MaxAttrs>("Max", ({ x }, { reductionIndices, keepDims }) =>
    reduce("ReduceMax", x, { axis: reductionIndices, keepDims }),
  ),
  kernel<"logits", SoftmaxAttrs>("Softmax", ({ logits }, { dim }) => alongAxis("Softmax", logits, dim)),
  kernel<"logits", LogSoftmaxAttrs>("LogSoftmax", ({ logits }, { axis }) => alongAxis("LogSoftmax", logits, axis)),
];

type KeepDims = { keepDims?: boolean };
type Reduction = { axis: number | number[]; keepDims: boolean | undefined };

function reduce(opType: string, x: SymbolicValue, { axis, keepDims }: Reduction): SymbolicValue {
  const axes = util.parseAxisParam(axis, [...x.shape]);
  const layout = x.anyLayout;
  const physicalAxes = axes.map((logical) => layout.indexOf(logical)).sort((a, b) => a - b);
  const name = x.graph.op(opType, [x.in(layout), x.graph.ints(physicalAxes)], { keepdims: keepDims ? 1 : 0 });
  if (keepDims) {
    const shape = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
    return new SymbolicValue(x.graph, shape).hold(layout, name);
  }
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const keptLayout = layout.filter((logical) => kept.includes(logical)).map((logical) => kept.indexOf(logical));
  const shape = kept.map((i) => at(x.shape, i));
  return new SymbolicValue(x.graph, shape).hold(keptLayout, name);
}

function alongAxis(opType: string, x: SymbolicValue, axis: number): SymbolicValue {
  const layout = x.anyLayout;
  const logical = axis < 0 ? axis + x.shape.length : axis;
  return new SymbolicValue(x.graph, x.shape).hold(
    layout,
    x.graph.op(opType, [x.in(layout)], { axis: layout.indexOf(logical) }),
  );
}
