// Convolutions, recorded in ONNX Runtime's own order (NCHW, filters OIHW) or, where the processor has it and channels allow, in
// blocks. SAME padding is asymmetric, as in TensorFlow.
import type { Conv2DAttrs, DepthwiseConv2dNativeAttrs } from "@tensorflow/tfjs-core";
import { at, DEPTHWISE, OIHW, type Shape } from "../layout.ts";
import type { SymbolicValue } from "../symbol.ts";
import { recordConvolution } from "./fused-convolution.ts";
import { kernel } from "./kernel.ts";
import { describeWindow, type WindowAttributes } from "./window.ts";

export const convolutionKernels = [
  kernel<"x" | "filter", Conv2DAttrs>("Conv2D", ({ x, filter }, attributes) =>
    convolve(x, filter, { attributes, layout: OIHW }),
  ),
  kernel<"x" | "filter", DepthwiseConv2dNativeAttrs>("DepthwiseConv2dNative", ({ x, filter }, attributes) => {
    if (filter.shape[3] !== 1) throw new Error("Depthwise convolutions with a multiplier are not recorded.");
    return convolve(x, filter, { attributes, layout: DEPTHWISE });
  }),
];

type Form = { attributes: WindowAttributes; layout: typeof OIHW | typeof DEPTHWISE };

function convolve(x: SymbolicValue, filter: SymbolicValue, { attributes, layout }: Form): SymbolicValue {
  const window = describeWindow(x.shape, filter.shape, attributes);
  const isDepthwise = layout === DEPTHWISE;
  const channels = isDepthwise ? at(x.shape, 3) : at(filter.shape, 3);
  const shape: Shape = [at(x.shape, 0), ...window.output, channels];
  return recordConvolution(x, filter.in(layout), {
    shape,
    isDepthwise,
    attributes: {
      kernel_shape: window.kernel,
      strides: window.stride,
      dilations: window.dilation,
      pads: window.pads,
    },
  });
}
