// Convolutions, recorded in ONNX Runtime's own order (NCHW, filters OIHW). SAME padding is asymmetric, as in TensorFlow.
import type { Conv2DAttrs, DepthwiseConv2dNativeAttrs } from "@tensorflow/tfjs-core";
import { at, DEPTHWISE, NCHW, OIHW } from "../layout.ts";
import { type ConvolutionNode, SymbolicValue } from "../symbol.ts";
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

/** The convolution that made `value`, recorded again with `bias` inside; undefined when that is not what is added. */
export function withBias(value: SymbolicValue, bias: SymbolicValue): SymbolicValue | undefined {
  const { convolution } = value;
  if (!convolution || bias.shape.length !== 1 || bias.shape[0] !== value.shape[3]) return undefined;
  const name = value.graph.op("Conv", [...convolution.input, bias.plain()], convolution.attributes);
  return new SymbolicValue(value.graph, value.shape).hold(NCHW, name);
}

function convolve(x: SymbolicValue, filter: SymbolicValue, { attributes, layout }: Form): SymbolicValue {
  const window = describeWindow(x.shape, filter.shape, attributes);
  const isDepthwise = layout === DEPTHWISE;
  const node: ConvolutionNode = {
    input: [x.in(NCHW), filter.in(layout)],
    attributes: {
      kernel_shape: window.kernel,
      strides: window.stride,
      dilations: window.dilation,
      pads: window.pads,
      group: isDepthwise ? at(x.shape, 3) : 1,
    },
  };
  const shape = [at(x.shape, 0), ...window.output, isDepthwise ? at(x.shape, 3) : at(filter.shape, 3)];
  const result = new SymbolicValue(x.graph, shape).hold(NCHW, x.graph.op("Conv", node.input, node.attributes));
  result.convolution = node;
  return result;
}
