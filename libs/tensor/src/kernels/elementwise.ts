// Kernels that work number by number. They keep the layout their operands already have, and never expand a broadcast.
import type { CastAttrs, ClipByValueAttrs, FillAttrs } from "@tensorflow/tfjs-core";
import { ELEMENT } from "../onnx-proto.ts";
import { SymbolicValue, splatSymbol } from "../symbol.ts";
import { broadcastShape, broadcastTo, elementwise } from "./broadcast.ts";
import { scaleChannels, withActivation, withBias, withSum } from "./fused-convolution.ts";
import { kernel } from "./kernel.ts";

export const elementwiseKernels = [
  kernel<"a" | "b">("Add", ({ a, b }) => add(a, b)),
  kernel<"a" | "b">("Sub", ({ a, b }) => lessPerChannel(a, b) ?? arithmetic("Sub", a, b)),
  kernel<"a" | "b">(
    "Multiply",
    ({ a, b }) =>
      timesOne(a, b) ?? timesOne(b, a) ?? scaleChannels(a, b) ?? scaleChannels(b, a) ?? arithmetic("Mul", a, b),
  ),
  kernel<"a" | "b">("RealDiv", ({ a, b }) => arithmetic("Div", a, b)),
  kernel<string>("AddN", (terms) => Object.values(terms).reduce(add)),
  kernel<"a" | "b">("SquaredDifference", ({ a, b }) => square(arithmetic("Sub", a, b))),
  ...Object.entries({ Maximum: "Max", Minimum: "Min", Pow: "Pow" }).map(([name, opType]) =>
    kernel<"a" | "b">(name, ({ a, b }) => elementwise(opType, [a, b])),
  ),
  ...Object.entries({ Equal: "Equal", Less: "Less", LessEqual: "LessOrEqual", Greater: "Greater" }).map(
    ([name, opType]) => kernel<"a" | "b">(name, ({ a, b }) => elementwise(opType, [a, b], { dtype: "bool" })),
  ),
  kernel<"a" | "b">("GreaterEqual", ({ a, b }) => elementwise("GreaterOrEqual", [a, b], { dtype: "bool" })),
  kernel<"a" | "b">("LogicalAnd", ({ a, b }) => elementwise("And", [a, b], { dtype: "bool" })),
  ...["Abs", "Exp", "Log", "Neg", "Sqrt", "Sigmoid", "Tanh", "Floor", "Reciprocal"].map((name) =>
    kernel<"x">(name, ({ x }) => elementwise(name, [x])),
  ),
  kernel<"x">("Relu", ({ x }) => withActivation(x, { activation: "Relu" }) ?? elementwise("Relu", [x])),
  kernel<"x">("Relu6", ({ x }) => {
    const activation = { activation: "Clip", activation_params: { floats: [0, 6] } } as const;
    return withActivation(x, activation) ?? clip(x, 0, 6);
  }),
  kernel<"x", ClipByValueAttrs>("ClipByValue", ({ x }, { clipValueMin, clipValueMax }) =>
    clip(x, clipValueMin, clipValueMax),
  ),
  kernel<"x">("Square", ({ x }) => square(x)),
  kernel<"x">("Rsqrt", ({ x }) => elementwise("Reciprocal", [elementwise("Sqrt", [x])])),
  kernel<"x">("Step", ({ x }) => elementwise("HardSigmoid", [x], { attributes: STEEPEST })),
  kernel<"condition" | "t" | "e">("Select", ({ condition, t, e }) => elementwise("Where", [condition, t, e])),
  kernel<"x", CastAttrs>("Cast", ({ x }, { dtype }) => cast(x, dtype)),
  kernel<"x">("Identity", ({ x }) => x),
  kernel<"x">("ZerosLike", ({ x }) => splatSymbol(x.graph, 0, x)),
  kernel<"x">("OnesLike", ({ x }) => splatSymbol(x.graph, 1, x)),
];

/** Fill has no inputs to take the graph from, so the backend calls this directly. */
export const fill = (graph: SymbolicValue["graph"], { shape, value, dtype }: FillAttrs): SymbolicValue =>
  splatSymbol(graph, Number(value), { shape, dtype });

// A ramp from 0 to 1 that is over before any number a network can tell from 0, in one pass over memory where a comparison and
// a cast take two.
const STEEPEST = { alpha: { float: 1e30 }, beta: { float: 0 } };

const FOLD: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

// A blocked map less one number per channel is best done inside a convolution, be it one that changes nothing.
function lessPerChannel(a: SymbolicValue, b: SymbolicValue): SymbolicValue | undefined {
  if (b.shape.length !== 1) return undefined;
  const scaled = scaleChannels(a, splatSymbol(a.graph, 1, b));
  return scaled && withBias(scaled, elementwise("Neg", [b]));
}

const add = (a: SymbolicValue, b: SymbolicValue): SymbolicValue =>
  withBias(a, b) ?? withBias(b, a) ?? withSum(a, b) ?? withSum(b, a) ?? arithmetic("Add", a, b);

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

function cast(x: SymbolicValue, dtype: CastAttrs["dtype"]): SymbolicValue {
  if (dtype === "float32" && x.element !== "float") return toFloat(x);
  if (x.element === "float" && (dtype === "float32" || x.dtype === dtype)) return x;
  throw new Error(`The recording backend casts to float32 only, not ${x.dtype} to ${dtype}.`);
}

const toFloat = (x: SymbolicValue) => elementwise("Cast", [x], { attributes: { to: ELEMENT.float } });
