// What a backbone is to the rest of the library: a list of stages, written once in tfjs operations.
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";

/** A convolution with its batch-norm inside: filter [out, in, height, width] as timm stores it, bias [out]. */
export type Layer = { filter: Tensor4D; bias: Tensor1D };
/** Gives the layer made of convolution `convolution` and batch-norm `norm` (timm names, without ".weight"). */
export type LayerSource = (convolution: string, norm: string) => Layer;

export type Stage = {
  name: string;
  /** NHWC in, NHWC out. */
  apply(x: Tensor4D, layer: LayerSource): Tensor4D;
};

export type Convolution = { name: string; norm: string; shape: [number, number, number, number] };

export type Backbone = {
  name: string;
  stages: readonly Stage[];
  /** Every convolution with its batch-norm; the weights file must hold exactly these. */
  convolutions: readonly Convolution[];
  /** Channels of the last stage. */
  channels: number;
  /** The convolution that sees the picture, into which the input's scale is folded. */
  stem: string;
  batchNormEpsilon: number;
};
