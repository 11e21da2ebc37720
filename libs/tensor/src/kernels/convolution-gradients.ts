// Gradients of dense convolutions, as products of matrices and convolutions that ONNX Runtime has fast code for.
// Layouts in comments: N batch, C channels in, K channels out.
import type { Conv2DBackpropFilterAttrs, Conv2DBackpropInputAttrs } from "@tensorflow/tfjs-core";
import type { Graph } from "../graph.ts";
import { at, NCHW, OIHW, physicalShape, type Shape, sameList, sizeOf } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { inputsOutOfBlocks } from "./filter-blocks.ts";
import { recordConvolution } from "./fused-convolution.ts";
import { kernel } from "./kernel.ts";
import { describeWindow, type Window } from "./window.ts";

export const convolutionGradientKernels = [
  kernel<"dy" | "filter", Conv2DBackpropInputAttrs>("Conv2DBackpropInput", ({ dy, filter }, attributes) => {
    const window = describeWindow(attributes.inputShape, filter.shape, attributes);
    if (isUnit(window)) return correlateTurned(dy, filter, { window, shape: attributes.inputShape });
    const spread = transposeConvolution(dy, filter, window);
    return new SymbolicValue(dy.graph, attributes.inputShape).hold(NCHW, spread);
  }),
  kernel<"x" | "dy", Conv2DBackpropFilterAttrs>("Conv2DBackpropFilter", ({ x, dy }, attributes) => {
    const window = describeWindow(x.shape, attributes.filterShape, attributes);
    const product = sizeOf(window.kernel) === 1 ? pointwiseProduct : shiftedProducts;
    return new SymbolicValue(x.graph, attributes.filterShape).hold(OIHW, product(x, dy, window));
  }),
];

// With stride 1 and no more padding than the kernel reaches, the gradient is a convolution with the filter turned round.
const isUnit = ({ stride, pads, kernel: size }: Window): boolean =>
  sizeOf(stride) === 1 && pads.every((pad, side) => pad < at(size, side % 2));

function correlateTurned(dy: SymbolicValue, filter: SymbolicValue, { window, shape }: Turned): SymbolicValue {
  const { kernel: size, pads } = window;
  const reach = pads.map((pad, side) => at(size, side % 2) - 1 - pad);
  const attributes = { kernel_shape: size, pads: reach };
  return recordConvolution(dy, filter.in(OIHW), { shape, isTurned: true, attributes });
}
type Turned = { window: Window; shape: Shape };

function transposeConvolution(dy: SymbolicValue, filter: SymbolicValue, window: Window): string {
  const { kernel: size, stride, pads, input, output } = window;
  // Rows and columns at the end that the strides never reached.
  const missed = [0, 1].map((side) => {
    const covered = at(stride, side) * (at(output, side) - 1) + at(size, side) - at(pads, side) - at(pads, side + 2);
    return at(input, side) - covered;
  });
  return dy.graph.op("ConvTranspose", [dy.in(NCHW), filter.in(OIHW)], {
    kernel_shape: size,
    strides: stride,
    pads,
    output_padding: missed,
  });
}

// From here on, each image is multiplied by itself and the products added up; on smaller maps the pictures of a batch
// form one long row, which makes one larger product.
const LARGE_MAP = 1600;

/** dW [K, C, 1, 1] = dY [K, N positions] times X [C, N positions] transposed. */
function pointwiseProduct(x: SymbolicValue, dy: SymbolicValue, { stride, output }: Window): string {
  const { graph } = x;
  const used = sizeOf(stride) === 1 ? x.in(NCHW) : everyNth(graph, x.in(NCHW), { stride, output });
  const [batch = 1, outputs = 1, inputs = 1] = [dy.shape[0], dy.shape[3], x.shape[3]];
  const operands = { x: used, dy: dy.in(NCHW), batch, rows: outputs, columns: inputs, positions: sizeOf(output) };
  return graph.reshape(multiply(graph, operands), [outputs, inputs, 1, 1]);
}

function everyNth(graph: Graph, x: string, { stride, output }: Pick<Window, "stride" | "output">): string {
  const to = [0, 1].map((side) => (at(output, side) - 1) * at(stride, side) + 1);
  return graph.slice(x, { axes: [2, 3], from: [0, 0], to, step: stride });
}

type Operands = { x: string; dy: string; batch: number; rows: number; columns: number; positions: number };

/** [rows, columns] = the sum over the batch of dY [rows, positions] times X [columns, positions] transposed. */
function multiply(graph: Graph, { x, dy, batch, rows, columns, positions }: Operands): string {
  if (positions >= LARGE_MAP || batch === 1) {
    const perImage = graph.timesTransposed(
      graph.reshape(dy, [batch, rows, positions]),
      graph.reshape(x, [batch, columns, positions]),
    );
    return graph.sum(perImage, [0]);
  }
  const inARow = (value: string, channels: number): string => {
    const apart = graph.transpose(graph.reshape(value, [batch, channels, positions]), [1, 0, 2]);
    return graph.reshape(apart, [channels, batch * positions]);
  };
  return graph.timesTransposed(inARow(dy, rows), inARow(x, columns));
}

/**
 * One product per row of the kernel: X, with its columns shifted as the kernel's columns are, times dY, with its rows shifted
 * the other way. Strides are taken out first: the pixels of X that one tap of the kernel sees are gathered into a phase of
 * their own, as if they were more channels [N, phases C, height, width], and the kernel is then that much smaller.
 */
function shiftedProducts(x: SymbolicValue, dy: SymbolicValue, window: Window): string {
  const { graph } = x;
  const { kernel: size, stride, output } = window;
  const [outHeight, outWidth] = output;
  const [batch = 1, outputs = 1, inputs = 1] = [dy.shape[0], dy.shape[3], x.shape[3]];
  const taps = [Math.ceil(size[0] / stride[0]), Math.ceil(size[1] / stride[1])] as const;
  const height = outHeight + taps[0] - 1;
  const phases = splitPhases(x, window, [height, outWidth + taps[1] - 1]);
  const shifted = range(taps[1]).map((j) => graph.slice(phases, { axes: [3], from: [j], to: [j + outWidth] }));
  const columns = taps[1] * sizeOf(stride) * inputs;
  const operands = {
    x: shifted.length === 1 ? at(shifted, 0) : graph.op("Concat", shifted, { axis: 1 }),
    batch,
    rows: outputs,
    columns,
    positions: height * outWidth,
  };
  const rows = range(taps[0]).map((i) => {
    const moved = graph.pad(dy.in(NCHW), [0, 0, i, 0], [0, 0, taps[0] - 1 - i, 0]);
    return multiply(graph, { ...operands, dy: moved });
  });
  const stacked = graph.op("Concat", rows, { axis: 0 });
  return gatherTaps(graph, stacked, { outputs, inputs, taps, window });
}

type Taps = { outputs: number; inputs: number; taps: readonly [number, number]; window: Window };

/**
 * [tap row, K, tap column, phase row, phase column, C] -> [K, C, row, column], without the taps that the kernel does not have. Where C
 * comes in whole blocks, those are moved: [K, C / block, row, column, block] lies between.
 */
function gatherTaps(graph: Graph, stacked: string, { outputs, inputs, taps, window }: Taps): string {
  const { kernel: size, stride } = window;
  const { channelBlock } = graph;
  const inBlocks = channelBlock > 0 && inputs % channelBlock === 0;
  const lanes = inBlocks ? channelBlock : 1;
  const apart = graph.reshape(stacked, [taps[0], outputs, taps[1], ...stride, inputs / lanes, lanes]);
  const full = [taps[0] * stride[0], taps[1] * stride[1]];
  const whole = graph.reshape(graph.transpose(apart, [1, 5, 0, 3, 2, 4, 6]), [
    (outputs * inputs) / lanes,
    ...full,
    lanes,
  ]);
  const exact = sameList(full, size) ? whole : graph.slice(whole, { axes: [1, 2], from: [0, 0], to: size });
  const shape = [outputs, inputs, ...size] as const;
  return inBlocks ? inputsOutOfBlocks(graph, exact, shape) : graph.reshape(exact, shape);
}

/** X with its padding, cut or filled to `size` times the stride, as [N, phase row, phase column, C, ...size] in NCHW. */
function splitPhases(x: SymbolicValue, { stride, pads, input }: Window, size: readonly [number, number]): string {
  const { graph } = x;
  const [batch = 1, channels = 1] = physicalShape(x.shape, NCHW);
  const after = [0, 1].map((side) => at(size, side) * at(stride, side) - at(input, side) - at(pads, side));
  const padded = graph.pad(x.in(NCHW), [0, 0, ...pads.slice(0, 2)], [0, 0, ...after]);
  if (sizeOf(stride) === 1) return padded;
  const apart = graph.reshape(padded, [batch, channels, size[0], stride[0], size[1], stride[1]]);
  return graph.reshape(graph.transpose(apart, [0, 3, 5, 1, 2, 4]), [batch, sizeOf(stride) * channels, ...size]);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
