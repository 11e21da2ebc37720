// How a convolution is recorded, and recorded again with what follows it inside: a bias, a sum, an activation. The first
// recording then has no reader and is dropped.
import type { Attributes, Graph } from "../graph.ts";
import { at, BLOCKED, isBlocked, NCHW, type Shape, sizeOf } from "../layout.ts";
import { type ConvolutionNode, SymbolicValue } from "../symbol.ts";
import { intoBlocks, turnedIntoBlocks } from "./filter-blocks.ts";

export type Recipe = {
  shape: Shape;
  isDepthwise?: boolean;
  /** The filter is that of the convolution whose input's gradient this one gives; not for depthwise ones. */
  isTurned?: boolean;
  attributes: Attributes;
};

/** The convolution of `x` with `filter` (OIHW; depthwise [C, 1, height, width]), in blocks when all channels come in them. */
export function recordConvolution(x: SymbolicValue, filter: string, recipe: Recipe): SymbolicValue {
  const { graph } = x;
  const { shape, isDepthwise = false, isTurned = false } = recipe;
  const [inputs, outputs, size] = [at(x.shape, 3), at(shape, 3), kernelOf(recipe)];
  const attributes = { ...recipe.attributes, group: isDepthwise ? inputs : 1 };
  const result = new SymbolicValue(graph, shape);
  if (!result.canBlock || !takesBlocks(x)) {
    const plain = isTurned ? graph.transpose(turnRound(graph, filter, size), [1, 0, 2, 3]) : filter;
    return emit(result, { layout: NCHW, x: x.in(NCHW), filter: plain, attributes });
  }
  // A picture's few channels are read as they are.
  const input = x.canBlock ? x.in(BLOCKED) : x.in(NCHW);
  const blocks = isTurned
    ? turnedIntoBlocks(graph, filter, [inputs, outputs, ...size])
    : intoBlocks(graph, filter, [outputs, isDepthwise ? 1 : inputs, ...size]);
  return emit(result, { layout: BLOCKED, x: input, filter: blocks, attributes });
}

const kernelOf = ({ attributes }: Recipe): readonly number[] => {
  const size = attributes.kernel_shape;
  if (!Array.isArray(size)) throw new Error("A convolution was recorded without the size of its kernel.");
  return size;
};

/** A filter [., ., height, width] turned by half a circle. */
export function turnRound(graph: Graph, filter: string, size: readonly number[]): string {
  if (sizeOf(size) === 1) return filter;
  const last = size.map((side) => side - 1);
  const before = size.map((side) => -side - 1);
  return graph.slice(filter, { axes: [2, 3], from: last, to: before, step: [-1, -1] });
}

const takesBlocks = (x: SymbolicValue): boolean => x.canBlock || at(x.shape, 3) < x.graph.channelBlock;

function emit(result: SymbolicValue, node: ConvolutionNode): SymbolicValue {
  const { layout, x, filter, bias, sum, attributes } = node;
  const optional = sum ? [bias ?? "", sum] : bias ? [bias] : [];
  const opType = isBlocked(layout) ? "com.microsoft.nchwc.Conv" : "Conv";
  result.hold(layout, result.graph.op(opType, [x, filter, ...optional], attributes));
  result.convolution = node;
  return result;
}

const again = (value: SymbolicValue, node: ConvolutionNode) => emit(new SymbolicValue(value.graph, value.shape), node);

/**
 * A blocked map times one number per channel [C], as a depthwise convolution of one place: the runtime multiplies runs of one
 * block, and what is added next comes inside. Undefined where this is not what is multiplied.
 */
export function scaleChannels(value: SymbolicValue, scale: SymbolicValue): SymbolicValue | undefined {
  const { graph, shape } = value;
  const isVector = scale.shape.length === 1 && scale.shape[0] === shape[3];
  if (!isVector || !value.canBlock || !value.forms.has(String(BLOCKED))) return undefined;
  const channels = at(shape, 3);
  // One number per channel is in the same order in blocks and without.
  const filter = graph.reshape(scale.plain(), [channels, 1, 1, 1]);
  const attributes = { kernel_shape: [1, 1], group: channels };
  const result = new SymbolicValue(graph, shape);
  return emit(result, { layout: BLOCKED, x: value.in(BLOCKED), filter, attributes });
}

/** The convolution that made `value` with `bias` inside; undefined when that is not what is added. */
export function withBias(value: SymbolicValue, bias: SymbolicValue): SymbolicValue | undefined {
  const { convolution: node } = value;
  const isBias = bias.shape.length === 1 && bias.shape[0] === value.shape[3];
  if (!node || !isBias || node.bias || node.sum || node.isActivated) return undefined;
  return again(value, { ...node, bias: bias.plain() });
}

/**
 * The convolution that made `value` with `other` added to it; undefined when it cannot be, which is outside of blocks, and when it
 * should not be: somebody reads the bare convolution already, which would then run twice.
 */
export function withSum(value: SymbolicValue, other: SymbolicValue): SymbolicValue | undefined {
  const { convolution: node, graph } = value;
  if ([...value.forms.values()].some(({ name }) => graph.isRead(name))) return undefined;
  const sum = other.forms.get(String(BLOCKED))?.name;
  const isSame = String(value.shape) === String(other.shape);
  if (!node || !sum || !isSame || !isBlocked(node.layout) || node.sum || node.isActivated) return undefined;
  return again(value, { ...node, sum });
}

export type Activation =
  | { activation: "Relu" }
  | { activation: "Clip"; activation_params: { floats: readonly number[] } };

/** The convolution that made `value`, activated; undefined outside of blocks, where ONNX Runtime does the same by itself. */
export function withActivation(value: SymbolicValue, activation: Activation): SymbolicValue | undefined {
  const { convolution: node } = value;
  if (!node || !isBlocked(node.layout) || node.isActivated) return undefined;
  return again(value, { ...node, isActivated: true, attributes: { ...node.attributes, ...activation } });
}
