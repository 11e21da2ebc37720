// The geometry of a convolution: what tfjs works out from shapes, strides and padding, forwards and for the gradients alike.
import { backend_util } from "@tensorflow/tfjs-core";
import type { Shape } from "../layout.ts";

/** The attributes that a convolution and its two gradients share; the gradients come without dilations. */
export type WindowAttributes = {
  strides: [number, number] | number;
  pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  dilations?: [number, number] | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
};

type Quad = [number, number, number, number];

export type Window = {
  kernel: Size;
  stride: Size;
  dilation: Size;
  /** Zeros around the input: top, left, bottom, right, as ONNX has it. */
  pads: Quad;
  input: Size;
  output: Size;
};
type Size = [height: number, width: number];

/** The window of `filter` [height, width, in, out] over `input` [batch, height, width, channels]. */
export function describeWindow(input: Shape, filter: Shape, attributes: WindowAttributes): Window {
  const { strides, pad, dilations = 1, dimRoundingMode } = attributes;
  const info = backend_util.computeConv2DInfo(quad(input), quad(filter), strides, dilations, pad, dimRoundingMode);
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
  };
}

function quad(shape: Shape): Quad {
  const [a, b, c, d, ...rest] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined || rest.length > 0)
    throw new Error(`Expected four dimensions, got [${shape}].`);
  return [a, b, c, d];
}
