// What a backbone is to the rest of the library: a list of stages, written once in tfjs operations.
import type { Tensor4D } from "@tensorflow/tfjs-core";

/** A convolution with the batch-norm behind it. */
export type Layer = {
  /** [out, in, height, width], as timm stores it. */
  filter: Tensor4D;
  /** Takes the convolution's result (NHWC) through the batch-norm, or what of it is not inside the filter already. */
  normalise(y: Tensor4D): Tensor4D;
};
/** Gives the layer made of convolution `convolution` and batch-norm `norm` (timm names, without ".weight"). */
export type LayerSource = (convolution: string, norm: string) => Layer;

export type Convolution = { name: string; norm: string; shape: [number, number, number, number] };

/** The layers of a body that share a learning rate; the classifier is the third group, "head". */
export type BodyGroup = "body-low" | "body-high";

export type Stage = {
  name: string;
  group: BodyGroup;
  /** Height and width of what comes in, as a multiple of what goes out. */
  stride: number;
  /** Every convolution of this stage with its batch-norm, in the order they are applied. */
  convolutions: readonly Convolution[];
  /** NHWC in, NHWC out. */
  apply(x: Tensor4D, layer: LayerSource): Tensor4D;
};

export type Backbone = {
  name: string;
  /** The weights file must hold exactly the convolutions and batch-norms of these. */
  stages: readonly Stage[];
  /** Channels of the last stage. */
  channels: number;
  /** The convolution that sees the picture, into which the input's scale is folded. */
  stem: string;
  batchNormEpsilon: number;
};
