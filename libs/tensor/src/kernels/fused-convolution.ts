// How a convolution is recorded, and recorded again with what follows it inside: a bias, a sum, an activation. The first
// recording then has no reader and is dropped.
import type { Attributes, Graph } from "../graph.ts";
import { at, BLOCKED, isBlocked, NCHW, type Shape, sizeOf } from "../layout.ts";
import { type ConvolutionNode, SymbolicValue } from "../symbol.ts";

export type Recipe = { shape: Shape; isDepthwise: boolean; attributes: Attributes };

/** The convolution of `x` with `filter` (OIHW; depthwise [C, 1, height, width]), in blocks when all channels come in them. */
export function recordConvolution(x: SymbolicValue, filter: string, recipe: Recipe): SymbolicValue {
  const { graph } = x;
  const { shape, isDepthwise } = recipe;
  const inputs = at(x.shape, 3);
  const sizes = [at(shape, 3), isDepthwise ? 1 : inputs, ...kernelOf(recipe)];
  const attributes = { ...recipe.attributes, group: isDepthwise ? inputs : 1 };
  const result = new SymbolicValue(graph, shape);
  if (!result.canBlock || !takesBlocks(x)) return emit(result, { layout: NCHW, x: x.in(NCHW), filter, attributes });
  // A picture's few channels are read as they are.
  const input = x.canBlock ? x.in(BLOCKED) : x.in(NCHW);
  return emit(result, { layout: BLOCKED, x: input, filter: inFilterBlocks(graph, filter, sizes), attributes });
}

const kernelOf = ({ attributes }: Recipe): readonly number[] => {
  const size = attributes.kernel_shape;
  if (!Array.isArray(size)) throw new Error("A convolution was recorded without the size of its kernel.");
  return size;
};

const takesBlocks = (x: SymbolicValue): boolean => x.canBlock || at(x.shape, 3) < x.graph.channelBlock;

/**
 * OIHW -> [O / block, I / block, H, W, block of I, block of O]; inputs fewer than a block stay one by one. In two steps, each of
 * which the runtime does in one sweep: the outputs' blocks move to the end, then the inputs' before them.
 */
function inFilterBlocks(graph: Graph, filter: string, [outputs = 1, inputs = 1, ...size]: number[]): string {
  const block = graph.channelBlock;
  const blockIn = inputs < block ? 1 : block;
  const apart = graph.reshape(filter, [outputs / block, block, inputs * sizeOf(size)]);
  const outputsLast = graph.transpose(apart, [0, 2, 1]);
  const grouped = graph.reshape(outputsLast, [outputs / block, inputs / blockIn, blockIn, sizeOf(size), block]);
  const swapped = sizeOf(size) === 1 ? grouped : graph.transpose(grouped, [0, 1, 3, 2, 4]);
  return graph.reshape(swapped, [outputs, inputs, ...size]);
}

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
