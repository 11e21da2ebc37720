// Gradients of depthwise convolutions (one filter [height, width] per channel).
import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
} from "@tensorflow/tfjs-core";
import { at, BLOCKED, DEPTHWISE, NCHW, physicalShape, sizeOf } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { recordConvolution, turnRound } from "./fused-convolution.ts";
import { kernel } from "./kernel.ts";
import { describeWindow, type Window } from "./window.ts";

export const depthwiseGradientKernels = [
  kernel<"dy" | "filter", DepthwiseConv2dNativeBackpropInputAttrs>(
    "DepthwiseConv2dNativeBackpropInput",
    ({ dy, filter }, attributes) => {
      const window = describeWindow(attributes.inputShape, filter.shape, attributes);
      const turned = turnRound(dy.graph, filter.in(DEPTHWISE), window.kernel);
      const { spread, pads } = spreadOut(dy, window);
      return recordConvolution(spread, turned, {
        shape: attributes.inputShape,
        isDepthwise: true,
        attributes: { kernel_shape: window.kernel, pads },
      });
    },
  ),
  kernel<"x" | "dy", DepthwiseConv2dNativeBackpropFilterAttrs>(
    "DepthwiseConv2dNativeBackpropFilter",
    ({ x, dy }, attributes) => {
      const window = describeWindow(x.shape, attributes.filterShape, attributes);
      const product = x.canBlock ? pictureByPicture : tapProducts;
      return new SymbolicValue(x.graph, attributes.filterShape).hold(DEPTHWISE, product(x, dy, window));
    },
  ),
];

/**
 * dY with zeros between its pixels where the stride left pixels out, and the zeros around it from which a convolution with the
 * filter turned round gives the gradient.
 */
function spreadOut(dy: SymbolicValue, { kernel: size, stride, pads, input, output }: Window) {
  const reach = [0, 1].map((side) => at(size, side) - 1 - at(pads, side));
  const after = [0, 1].map(
    (side) => at(input, side) + at(size, side) - 1 - at(output, side) * at(stride, side) - at(reach, side),
  );
  // A convolution takes no negative padding; what is too much is cut off.
  const cut = [...reach, ...after].map((amount) => Math.min(amount, 0));
  const around = [...reach, ...after].map((amount) => Math.max(amount, 0));
  const isApart = sizeOf(stride) > 1 || cut.some((amount) => amount < 0);
  return { spread: isApart ? zerosBetween(dy, { stride, output, cut }) : dy, pads: around };
}

type Gaps = Pick<Window, "stride" | "output"> & { cut: readonly number[] };

function zerosBetween(dy: SymbolicValue, { stride, output, cut }: Gaps): SymbolicValue {
  const { graph } = dy;
  const [batch = 1, , , channels = 1] = dy.shape;
  const lanes = dy.canBlock ? [graph.channelBlock] : [];
  const outer = [batch, channels / sizeOf(lanes)];
  const none = lanes.map(() => 0);
  const pixels = graph.reshape(dy.canBlock ? dy.inBlocks() : dy.in(NCHW), [
    ...outer,
    output[0],
    1,
    output[1],
    1,
    ...lanes,
  ]);
  const gaps = [0, 0, 0, stride[0] - 1, 0, stride[1] - 1, ...none];
  const full = [output[0] * stride[0], output[1] * stride[1]];
  const spread = graph.reshape(graph.pad(pixels, [0, 0, 0, 0, 0, 0, ...none], gaps), [...outer, ...full, ...lanes]);
  const fitted = graph.pad(spread, [0, 0, ...cut.slice(0, 2), ...none], [0, 0, ...cut.slice(2), ...none]);
  const [height, width] = [0, 1].map((side) => at(full, side) + at(cut, side) + at(cut, side + 2));
  const result = new SymbolicValue(graph, [batch, height ?? 0, width ?? 0, channels]);
  return result.hold(dy.canBlock ? BLOCKED : NCHW, graph.reshape(fitted, physicalShape(result.shape, NCHW)));
}

/**
 * One depthwise convolution in blocks, every channel of every picture a group of its own: X is its picture, all of dY its
 * kernel, stride its dilation. What the pictures of a batch give is added up.
 */
function pictureByPicture(x: SymbolicValue, dy: SymbolicValue, window: Window): string {
  const { graph } = x;
  const { kernel: size, stride, pads, input, output } = window;
  const [batch = 1, , , channels = 1] = x.shape;
  const group = batch * channels;
  const missing = [0, 1].map((side) => {
    const span = at(stride, side) * (at(output, side) - 1) + at(size, side);
    return span - at(input, side) - at(pads, side);
  });
  // Rows and columns at the end that no stride reached; a convolution takes no negative padding.
  const cut = missing.map((amount) => Math.min(amount, 0));
  const reached = input.map((length, side) => length + at(cut, side));
  const seen = graph.pad(x.inBlocks(), [0, 0, 0, 0, 0], [0, 0, ...cut, 0]);
  const pictures = graph.reshape(seen, [1, group, ...reached]);
  const kernels = graph.reshape(dy.in(BLOCKED), [group, 1, ...output]);
  const blocked = graph.op("com.microsoft.nchwc.Conv", [pictures, kernels], {
    kernel_shape: output,
    dilations: stride,
    pads: [...pads.slice(0, 2), ...missing.map((amount) => Math.max(amount, 0))],
    group,
  });
  const sum = graph.sum(graph.reshape(blocked, [batch, channels * sizeOf(size)]), [0]);
  const flat = graph.op("com.microsoft.nchwc.ReorderOutput", [graph.reshape(sum, [1, channels, ...size])], {
    channels,
  });
  return graph.reshape(flat, [channels, 1, ...size]);
}

/** For each tap of the kernel, the product of dY with the pixels that this tap sees, per channel: [C, 1, height, width]. */
function tapProducts(
  x: SymbolicValue,
  dy: SymbolicValue,
  { kernel: size, stride, pads, input, output }: Window,
): string {
  const { graph } = x;
  const [batch = 1, channels = 1] = physicalShape(x.shape, NCHW);
  const after = [0, 1].map((side) => {
    const seen = (at(output, side) - 1) * at(stride, side) + at(size, side);
    return Math.max(0, seen - at(input, side) - at(pads, side));
  });
  const padded = graph.pad(x.in(NCHW), [0, 0, ...pads.slice(0, 2)], [0, 0, ...after]);
  const rows = [batch, channels, 1, sizeOf(output)];
  const gradient = graph.reshape(dy.in(NCHW), rows);
  const taps = Array.from({ length: sizeOf(size) }, (_, tap) => {
    const from = [Math.floor(tap / size[1]), tap % size[1]];
    const to = from.map((start, side) => start + (at(output, side) - 1) * at(stride, side) + 1);
    const seen = graph.slice(padded, { axes: [2, 3], from, to, step: stride });
    return graph.sum(graph.timesTransposed(graph.reshape(seen, rows), gradient), [0]);
  });
  return graph.reshape(graph.op("Concat", taps, { axis: 1 }), [channels, 1, ...size]);
}
