// Kernels that move numbers without changing them. A transpose is free: it only renames the axes of what is there.
import {
  type BroadCastToAttrs,
  type ConcatAttrs,
  type ExpandDimsAttrs,
  type PadV2Attrs,
  type ReshapeAttrs,
  type SliceAttrs,
  type TileAttrs,
  type TransposeAttrs,
  util,
} from "@tensorflow/tfjs-core";
import { DYNAMIC_BATCH, graphDims } from "../dynamic-batch.ts";
import { at, identityLayout, isBlocked, type Layout, type Shape, sameList, sizeOf } from "../layout.ts";
import { SymbolicValue, splatSymbol } from "../symbol.ts";
import { broadcastTo } from "./broadcast.ts";
import { kernel } from "./kernel.ts";

export const shapeKernels = [
  kernel<"x", ReshapeAttrs>("Reshape", ({ x }, { shape }) =>
    reshape(x, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  kernel<"input", ExpandDimsAttrs>("ExpandDims", ({ input }, { dim }) => {
    const axis = dim < 0 ? dim + input.shape.length + 1 : dim;
    return reshape(input, input.shape.toSpliced(axis, 0, 1));
  }),
  kernel<"x", TransposeAttrs>("Transpose", ({ x }, { perm }) => transpose(x, perm)),
  kernel<string, ConcatAttrs>("Concat", (parts, { axis }) => concat(Object.values(parts), axis)),
  kernel<"x", SliceAttrs>("Slice", ({ x }, { begin, size }) => slice(x, begin, size)),
  kernel<"x", PadV2Attrs>("PadV2", ({ x }, attributes) => pad(x, attributes)),
  kernel<"x", BroadCastToAttrs>("BroadcastTo", ({ x }, { shape }) => broadcastTo(x, shape)),
  kernel<"x", TileAttrs>("Tile", ({ x }, { reps }) => tile(x, reps)),
];

function reshape(x: SymbolicValue, shape: Shape): SymbolicValue {
  if (sameList(x.shape, shape)) return x;
  if (x.splat !== undefined) return splatSymbol(x.graph, x.splat, { shape, dtype: x.dtype });
  const result = new SymbolicValue(x.graph, shape, x);
  const inOrder = x.constant && sameList(x.constant.layout, identityLayout(x.shape.length));
  if (x.constant && inOrder) {
    result.constant = { values: x.constant.values, layout: identityLayout(shape.length) };
    return result;
  }
  return result.hold(identityLayout(shape.length), x.graph.reshape(x.plain(), graphDims(shape)));
}

function transpose(x: SymbolicValue, perm: readonly number[]): SymbolicValue {
  const shape = perm.map((axis) => at(x.shape, axis));
  if (x.splat !== undefined) return splatSymbol(x.graph, x.splat, { shape, dtype: x.dtype });
  const result = new SymbolicValue(x.graph, shape, x);
  const renamed = (layout: Layout) => layout.map((axis) => perm.indexOf(axis));
  if (x.constant) result.constant = { values: x.constant.values, layout: renamed(x.constant.layout) };
  if (x.layouts.every(isBlocked) && !x.constant) x.in(x.flatLayout);
  for (const { layout, name } of x.forms.values()) if (!isBlocked(layout)) result.hold(renamed(layout), name);
  return result;
}

function concat(parts: readonly SymbolicValue[], axis: number): SymbolicValue {
  const first = at(parts, 0);
  const [logical] = util.parseAxisParam(axis, [...first.shape]);
  const layout = first.flatLayout;
  const total = parts.reduce((sum, part) => sum + at(part.shape, logical ?? 0), 0);
  const shape = first.shape.with(logical ?? 0, total);
  const names = parts.map((part) => part.in(layout));
  const name = first.graph.op("Concat", names, { axis: layout.indexOf(logical ?? 0) });
  return new SymbolicValue(first.graph, shape, { dtype: first.dtype }).hold(layout, name);
}

function slice(x: SymbolicValue, begin: number | number[], size: number | number[]): SymbolicValue {
  const [begins, asks] = [[begin].flat(), [size].flat()];
  const starts = x.shape.map((_, axis) => begins[axis] ?? 0);
  // -1 asks for everything from the start on.
  const sizes = x.shape.map((all, axis) => {
    const asked = asks[axis] ?? -1;
    return asked < 0 ? all - at(starts, axis) : asked;
  });
  if (sameList(sizes, x.shape)) return x;
  if (x.shape[0] === DYNAMIC_BATCH && sizes[0] !== DYNAMIC_BATCH) throw new Error("A dynamic batch cannot be sliced.");
  const layout = x.flatLayout;
  // The batch of a dynamic graph is never cut, so its axis is left out.
  const cut = layout.filter((axis) => sizes[axis] !== x.shape[axis]);
  const from = cut.map((axis) => at(starts, axis));
  const to = cut.map((axis) => at(starts, axis) + at(sizes, axis));
  const axes = cut.map((axis) => layout.indexOf(axis));
  const { graph } = x;
  const name = graph.op("Slice", [x.in(layout), graph.ints(from), graph.ints(to), graph.ints(axes)]);
  return new SymbolicValue(graph, sizes, { dtype: x.dtype }).hold(layout, name);
}

function pad(x: SymbolicValue, { paddings, constantValue }: PadV2Attrs): SymbolicValue {
  const layout = x.flatLayout;
  const ordered = layout.map((axis) => at(paddings, axis));
  const amounts = [...ordered.map(([before]) => before), ...ordered.map(([, after]) => after)];
  const shape = x.shape.map((size, axis) => size + at(paddings, axis)[0] + at(paddings, axis)[1]);
  const name = x.graph.op("Pad", [x.in(layout), x.graph.ints(amounts), x.graph.scalar(constantValue)]);
  return new SymbolicValue(x.graph, shape).hold(layout, name);
}

function tile(x: SymbolicValue, reps: readonly number[]): SymbolicValue {
  const shape = x.shape.map((size, axis) => size * at(reps, axis));
  if (x.shape.every((size, axis) => size === 1 || reps[axis] === 1)) return broadcastTo(x, shape);
  const name = x.graph.op("Tile", [x.plain(), x.graph.ints(reps)]);
  return new SymbolicValue(x.graph, shape, { dtype: x.dtype }).hold(identityLayout(shape.length), name);
}
