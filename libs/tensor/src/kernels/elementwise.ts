// Kernels that work number by number. They keep the layout their operands already have, and never expand a broadcast.
import {
  broadcast_util,
  type CastAttrs,
  type ClipByValueAttrs,
  type DataType,
  type FillAttrs,
} from "@tensorflow/tfjs-core";
import { graphDims } from "../dynamic-batch.ts";
import type { Attributes } from "../graph.ts";
import { at, identityLayout, type Layout, type Shape, sameList } from "../layout.ts";
import { ELEMENT } from "../onnx-proto.ts";
import { elementsOf, isSplat, SymbolicValue, splatSymbol } from "../symbol.ts";
import { withBias } from "./convolution.ts";
import { kernel } from "./kernel.ts";

/** Records `opType` over broadcast operands. */
export function elementwise(
  opType: string,
  operands: readonly SymbolicValue[],
  { dtype = "float32", attributes = {} }: { dtype?: DataType; attributes?: Attributes } = {},
): SymbolicValue {
  const graph = at(operands, 0).graph;
  const shape = broadcastShape(operands.map((operand) => operand.shape));
  const layout = chooseLayout(operands, shape.length);
  // A repeated number is sent as a scalar, unless nothing else gives the result its shape.
  const shaped = broadcastShape(operands.filter((operand) => !isSplat(operand)).map((operand) => operand.shape));
  const fullShape = sameList(shaped, shape);
  const names = operands.map((operand) =>
    fullShape && operand.splat !== undefined ? graph.scalar(operand.splat) : operandIn(operand, layout),
  );
  return new SymbolicValue(graph, shape, { dtype }).hold(layout, graph.op(opType, names, attributes));
}

/** `symbol` repeated to `shape`. */
export function broadcastTo(symbol: SymbolicValue, shape: Shape): SymbolicValue {
  if (sameList(symbol.shape, shape)) return symbol;
  if (symbol.splat !== undefined) return splatSymbol(symbol.graph, symbol.splat, { shape, dtype: symbol.dtype });
  const dims = symbol.graph.ints(graphDims(shape));
  return new SymbolicValue(symbol.graph, shape, { dtype: symbol.dtype }).hold(
    identityLayout(shape.length),
    symbol.graph.op("Expand", [symbol.plain(), dims]),
  );
}

export const elementwiseKernels = [
  kernel<"a" | "b">("Add", ({ a, b }) => withBias(a, b) ?? withBias(b, a) ?? arithmetic("Add", a, b)),
  kernel<"a" | "b">("Sub", ({ a, b }) => arithmetic("Sub", a, b)),
  kernel<"a" | "b">("Multiply", ({ a, b }) => timesOne(a, b) ?? timesOne(b, a) ?? arithmetic("Mul", a, b)),
  kernel<"a" | "b">("RealDiv", ({ a, b }) => arithmetic("Div", a, b)),
  kernel<string>("AddN", (terms) => Object.values(terms).reduce((sum, term) => arithmetic("Add", sum, term))),
  kernel<"a" | "b">("SquaredDifference", ({ a, b }) => square(arithmetic("Sub", a, b))),
  ...Object.entries({ Maximum: "Max", Minimum: "Min", Pow: "Pow" }).map(([name, opType]) =>
    kernel<"a" | "b">(name, ({ a, b }) => elementwise(opType, [a, b])),
  ),
  ...Object.entries({ Equal: "Equal", Less: "Less", LessEqual: "LessOrEqual", Greater: "Greater" }).map(
    ([name, opType]) => kernel<"a" | "b">(name, ({ a, b }) => elementwise(opType, [a, b], { dtype: "bool" })),
  ),
  kernel<"a" | "b">("GreaterEqual", ({ a, b }) => elementwise("GreaterOrEqual", [a, b], { dtype: "bool" })),
  kernel<"a" | "b">("LogicalAnd", ({ a, b }) => elementwise("And", [a, b], { dtype: "bool" })),
  ...["Abs", "Exp", "Log", "Neg", "Sqrt", "Sigmoid", "Tanh", "Floor", "Reciprocal", "Relu"].map((name) =>
    kernel<"x">(name, ({ x }) => elementwise(name, [x])),
  ),
  kernel<"x">("Relu6", ({ x }) => clip(x, 0, 6)),
  kernel<"x", ClipByValueAttrs>("ClipByValue", ({ x }, { clipValueMin, clipValueMax }) =>
    clip(x, clipValueMin, clipValueMax),
  ),
  kernel<"x">("Square", ({ x }) => square(x)),
  kernel<"x">("Rsqrt", ({ x }) => elementwise("Reciprocal", [elementwise("Sqrt", [x])])),
  kernel<"x">("Step", ({ x }) =>
    toFloat(elementwise("Greater", [x, splatSymbol(x.graph, 0, { shape: [] })], { dtype: "bool" })),
  ),
  kernel<"condition" | "t" | "e">("Select", ({ condition, t, e }) => elementwise("Where", [condition, t, e])),
  kernel<"x", CastAttrs>("Cast", ({ x }, { dtype }) => cast(x, dtype)),
  kernel<"x">("Identity", ({ x }) => x),
  kernel<"x">("ZerosLike", ({ x }) => splatSymbol(x.graph, 0, x)),
  kernel<"x">("OnesLike", ({ x }) => splatSymbol(x.graph, 1, x)),
];

/** Fill has no inputs to take the graph from, so the backend calls this directly. */
export const fill = (graph: SymbolicValue["graph"], { shape, value, dtype }: FillAttrs): SymbolicValue =>
  splatSymbol(graph, Number(value), { shape, dtype });

const FOLD: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

function arithmetic(opType: "Add" | "Sub" | "Mul" | "Div", a: SymbolicValue, b: SymbolicValue): SymbolicValue {
  const folded = FOLD[opType];
  if (!folded || a.splat === undefined || b.splat === undefined) return elementwise(opType, [a, b]);
  return splatSymbol(a.graph, Math.fround(folded(a.splat, b.splat)), { shape: broadcastShape([a.shape, b.shape]) });
}

// The gradient of a sum is written "dy times ones" in tfjs: that is a broadcast, not a product.
function timesOne(a: SymbolicValue, b: SymbolicValue): SymbolicValue | undefined {
  return b.splat === 1 ? broadcastTo(a, broadcastShape([a.shape, b.shape])) : undefined;
}

const square = (x: SymbolicValue) => elementwise("Mul", [x, x]);

function clip(x: SymbolicValue, low: number, high: number): SymbolicValue {
  const layout = x.anyLayout;
  const name = x.graph.op("Clip", [x.in(layout), x.graph.scalar(low), x.graph.scalar(high)]);
  return new SymbolicValue(x.graph, x.shape).hold(layout, name);
}

function cast(x: SymbolicValue, dtype: DataType): SymbolicValue {
  if (dtype === "float32" && x.element !== "float") return toFloat(x);
  if (x.element === "float" && (dtype === "float32" || x.dtype === dtype)) return x;
  throw new Error(`The recording backend casts to float32 only, not ${x.dtype} to ${dtype}.`);
}

const toFloat = (x: SymbolicValue) => elementwise("Cast", [x], { attributes: { to: ELEMENT.float } });

function broadcastShape(shapes: readonly Shape[]): Shape {
  return shapes.reduce<number[]>((a, b) => broadcast_util.assertAndGetBroadcastShape(a, b.slice()), []);
}

// The layout in which the fewest numbers have to be moved.
function chooseLayout(operands: readonly SymbolicValue[], rank: number): Layout {
  const full = operands.filter((operand) => operand.shape.length === rank && !isSplat(operand));
  const cost = (layout: Layout) =>
    full
      .filter((operand) => !operand.forms.has(String(layout)))
      .reduce((numbers, operand) => numbers + (operand.constant ? 0 : elementsOf(operand)), 0);
  const candidates = full.flatMap((operand) => operand.layouts);
  return candidates.toSorted((a, b) => cost(a) - cost(b))[0] ?? identityLayout(rank);
}

function operandIn(operand: SymbolicValue, layout: Layout): string {
  const missing = layout.length - operand.shape.length;
  const isIdentity = layout.every((axis, i) => axis === i);
  if (missing === 0) return operand.in(layout);
  if (isIdentity) return operand.plain();
  const raised = new SymbolicValue(operand.graph, [...Array(missing).fill(1), ...operand.shape], operand);
  const reshaped = operand.graph.reshape(operand.plain(), graphDims(raised.shape));
  return raised.hold(identityLayout(layout.length), reshaped).in(layout);
}
