// Gradients of depthwise convolutions (one filter [height, width] per channel).
import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInputAttrs,
} from "@tensorflow/tfjs-core";
import { at, DEPTHWISE, NCHW, physicalShape, sizeOf } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { turnRound } from "./convolution-gradients.ts";
import { kernel } from "./kernel.ts";
import { describeWindow, type Window } from "./window.ts";

export const depthwiseGradientKernels = [
  kernel<"dy" | "filter", DepthwiseConv2dNativeBackpropInputAttrs>(
    "DepthwiseConv2dNativeBackpropInput",
    ({ dy, filter }, attributes) => {
      const window = describeWindow(attributes.inputShape, filter.shape, attributes);
      return new SymbolicValue(dy.graph, attributes.inputShape).hold(NCHW, correlateSpread(dy, filter, window));
    },
  ),
  kernel<"x" | "dy", DepthwiseConv2dNativeBackpropFilterAttrs>(
    "DepthwiseConv2dNativeBackpropFilter",
    ({ x, dy }, attributes) => {
      const window = describeWindow(x.shape, attributes.filterShape, attributes);
      return new SymbolicValue(x.graph, attributes.filterShape).hold(DEPTHWISE, tapProducts(x, dy, window));
    },
  ),
];

/** dY with zeros between its pixels where the stride left pixels out, convolved with the filter turned round. */
function correlateSpread(dy: SymbolicValue, filter: SymbolicValue, window: Window): string {
  const { graph } = dy;
  const { kernel: size, stride, pads, input, output } = window;
  const channels = at(dy.shape, 3);
  const apart = sizeOf(stride) === 1 ? dy.in(NCHW) : zerosBetween(dy, window);
  const reach = [0, 1].map((side) => at(size, side) - 1 - at(pads, side));
  const after = [0, 1].map(
    (side) => at(input, side) + at(size, side) - 1 - at(output, side) * at(stride, side) - at(reach, side),
  );
  // A convolution takes no negative padding; what is too much is cut off here.
  const cut = [...reach, ...after].map((amount) => Math.min(amount, 0));
  const fitted = graph.pad(apart, [0, 0, ...cut.slice(0, 2)], [0, 0, ...cut.slice(2)]);
  const turned = turnRound(graph, filter.in(DEPTHWISE), size);
  return graph.op("Conv", [fitted, turned], {
    kernel_shape: size,
    pads: [...reach, ...after].map((amount) => Math.max(amount, 0)),
    group: channels,
  });
}

function zerosBetween(dy: SymbolicValue, { stride, output }: Window): string {
  const { graph } = dy;
  const [batch = 1, channels = 1] = physicalShape(dy.shape, NCHW);
  const pixels = graph.reshape(dy.in(NCHW), [batch, channels, output[0], 1, output[1], 1]);
  const spread = graph.pad(pixels, [0, 0, 0, 0, 0, 0], [0, 0, 0, stride[0] - 1, 0, stride[1] - 1]);
  return graph.reshape(spread, [batch, channels, output[0] * stride[0], output[1] * stride[1]]);
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
