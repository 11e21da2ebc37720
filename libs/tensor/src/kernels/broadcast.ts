// Operations over broadcast operands: in which memory order they meet, and how a smaller operand is shown to a larger one.
import { broadcast_util, type DataType } from "@tensorflow/tfjs-core";
import { graphDims } from "../dynamic-batch.ts";
import type { Attributes } from "../graph.ts";
import {
  at,
  BLOCKED,
  identityLayout,
  isBlocked,
  type Layout,
  NCHW,
  physicalShape,
  type Shape,
  sameList,
} from "../layout.ts";
import { elementsOf, isSplat, SymbolicValue, splatSymbol } from "../symbol.ts";

/** Records `opType` over broadcast operands, in the layout that moves the fewest numbers. */
export function elementwise(
  opType: string,
  operands: readonly SymbolicValue[],
  { dtype = "float32", attributes = {} }: { dtype?: DataType; attributes?: Attributes } = {},
): SymbolicValue {
  const graph = at(operands, 0).graph;
  const shape = broadcastShape(operands.map((operand) => operand.shape));
  const given = withoutRepeats(operands, shape);
  const result = new SymbolicValue(graph, shape, { dtype });
  const layout = chooseLayout(given, result);
  // A repeated number is sent as a scalar, unless nothing else gives the result its shape.
  const fullShape = sameList(
    broadcastShape(given.filter((operand) => !isSplat(operand)).map(({ shape }) => shape)),
    shape,
  );
  const asScalar = (operand: SymbolicValue) =>
    fullShape && operand.splat !== undefined ? graph.scalar(operand.splat) : undefined;
  if (isBlocked(layout) && given.some((operand) => !isSplat(operand) && !sameList(operand.shape, shape))) {
    const names = given.map((operand) => asScalar(operand) ?? inBlocks(operand));
    return result.hold(
      BLOCKED,
      graph.reshape(graph.op(opType, names, attributes), graphDims(physicalShape(shape, NCHW))),
    );
  }
  const rank = fullShape ? rankWithoutLastOnes(given, { shape, layout }) : layout.length;
  const names = given.map(
    (operand) => asScalar(operand) ?? cutTo(rank, operandIn(operand, layout), { operand, layout }),
  );
  const recorded = graph.op(opType, names, attributes);
  const dims = graphDims(physicalShape(shape, layout));
  return result.hold(layout, rank === layout.length ? recorded : graph.reshape(recorded, dims));
}

type Placed = { shape: Shape; layout: Layout };

/**
 * The axes of an operation less those of size 1 at the end of memory, as a 1 x 1 filter has them. The runtime broadcasts in runs
 * along the last axis: with runs of one number it takes thirty times as long.
 */
function rankWithoutLastOnes(operands: readonly SymbolicValue[], { shape, layout }: Placed): number {
  const rank = physicalShape(shape, layout).findLastIndex((size) => size !== 1) + 1;
  const isBroadcast = operands.some((operand) => isSplat(operand) || !sameList(operand.shape, shape));
  const isPlain = operands.every(({ shape: { length } }) => length === shape.length || length === 0);
  return rank > 0 && isBroadcast && isPlain ? rank : layout.length;
}

function cutTo(rank: number, name: string, { operand, layout }: { operand: SymbolicValue; layout: Layout }): string {
  const { graph, shape } = operand;
  if (shape.length <= rank) return name;
  return graph.reshape(name, graphDims(physicalShape(shape, layout)).slice(0, rank));
}

/** `symbol` repeated to `shape`; nothing is copied until somebody needs it whole. */
export function broadcastTo(symbol: SymbolicValue, shape: Shape): SymbolicValue {
  if (sameList(symbol.shape, shape)) return symbol;
  if (symbol.splat !== undefined) return splatSymbol(symbol.graph, symbol.splat, { shape, dtype: symbol.dtype });
  const repeated = new SymbolicValue(symbol.graph, shape, symbol);
  repeated.narrow = raise(symbol.narrow ?? symbol, shape.length);
  return repeated;
}

export function broadcastShape(shapes: readonly Shape[]): Shape {
  return shapes.reduce<number[]>((a, b) => broadcast_util.assertAndGetBroadcastShape(a, b.slice()), []);
}

// A repeated operand is shown as what it repeats, where the others give the result its shape.
function withoutRepeats(operands: readonly SymbolicValue[], shape: Shape): SymbolicValue[] {
  const narrowed = operands.map((operand) => operand.narrow ?? operand);
  const shown = broadcastShape(narrowed.filter((operand) => !isSplat(operand)).map((operand) => operand.shape));
  return sameList(shown, shape) ? narrowed : [...operands];
}

function chooseLayout(operands: readonly SymbolicValue[], { shape }: SymbolicValue): Layout {
  const full = operands.filter((operand) => operand.shape.length === shape.length && !isSplat(operand));
  const cost = (layout: Layout) =>
    full
      .filter((operand) => !operand.forms.has(String(layout)))
      .reduce((numbers, operand) => numbers + (operand.constant ? 0 : elementsOf(operand)), 0);
  const blockable = operands.every(
    (operand) => isSplat(operand) || sameList(operand.shape, shape) || isPerChannel(operand, shape),
  );
  const candidates = full
    .flatMap((operand) => operand.layouts)
    .map((layout) => (isBlocked(layout) && !blockable ? NCHW : layout));
  return candidates.toSorted((a, b) => cost(a) - cost(b))[0] ?? identityLayout(shape.length);
}

/** One number per channel, for all pictures [C] or for each [N, 1, 1, C]: then its order is the same in blocks and without. */
function isPerChannel({ shape, graph }: SymbolicValue, { length, ...full }: Shape): boolean {
  const channels = full[3];
  if (shape.length === 1) return shape[0] === channels && at(shape, 0) % graph.channelBlock === 0;
  return length === 4 && shape[1] === 1 && shape[2] === 1 && shape[3] === channels;
}

/** An operand with the block as an axis of its own. */
function inBlocks(operand: SymbolicValue): string {
  if (operand.shape.length === 4 && at(operand.shape, 1) * at(operand.shape, 2) > 1) return operand.inBlocks();
  const { channelBlock } = operand.graph;
  const [channels = 1, ...batch] = operand.shape.toReversed();
  const dims = [batch.at(-1) ?? 1, channels / channelBlock, 1, 1, channelBlock];
  return operand.graph.reshape(operand.plain(), graphDims(dims));
}

function operandIn(operand: SymbolicValue, layout: Layout): string {
  const missing = layout.length - operand.shape.length;
  const isIdentity = layout.every((axis, i) => axis === i);
  if (missing === 0 || isBlocked(layout)) return operand.in(layout);
  if (isIdentity) return operand.plain();
  return raise(operand, layout.length).in(layout);
}

/** `operand` with axes of size 1 in front. */
function raise(operand: SymbolicValue, rank: number): SymbolicValue {
  const missing = rank - operand.shape.length;
  if (missing === 0) return operand;
  const raised = new SymbolicValue(operand.graph, [...Array(missing).fill(1), ...operand.shape], operand);
  return raised.hold(identityLayout(rank), operand.graph.reshape(operand.plain(), graphDims(raised.shape)));
}
