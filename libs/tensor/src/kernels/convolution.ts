// Convolutions, recorded in ONNX Runtime's own order (NCHW, filters OIHW). SAME padding is asymmetric, as in TensorFlow.
import { backend_util, type Conv2DAttrs, type DepthwiseConv2dNativeAttrs } from "@tensorflow/tfjs-core";
import { at, DEPTHWISE, NCHW, OIHW } from "../layout.ts";
import { type ConvolutionNode, SymbolicValue } from "../symbol.ts";
import { kernel } from "./kernel.ts";

export const convolutionKernels = [
  kernel<"x" | "filter", Conv2DAttrs>("Conv2D", ({ x, filter }, attributes) =>
    convolve(x, filter, { attributes, layout: OIHW }),
  ),
  kernel<"x" | "filter", DepthwiseConv2dNativeAttrs>("DepthwiseConv2dNative", ({ x, filter }, attributes) => {
    if (filter.shape[3] !== 1) throw new Error("Depthwise convolutions with a multiplier are not recorded.");
    return convolve(x, filter, { attributes, layout: DEPTHWISE });
  }),
];

/** The convolution that made `value`, recorded again with `bias` inside; undefined when that is not what is added. */
export function withBias(value: SymbolicValue, bias: SymbolicValue): SymbolicValue | undefined {
  const { convolution } = value;
  if (!convolution || bias.shape.length !== 1 || bias.shape[0] !== value.shape[3]) return undefined;
  const name = value.graph.op("Conv", [...convolution.input, bias.plain()], convolution.attributes);
  return new SymbolicValue(value.graph, value.shape).hold(NCHW, name);
}

type Form = { attributes: Conv2DAttrs | DepthwiseConv2dNativeAttrs; layout: typeof OIHW | typeof DEPTHWISE };

/** What tfjs works out for a convolution: output shape and the padding on each side. */
function describe(x: SymbolicValue, filter: SymbolicValue, { attributes, layout }: Form) {
  const { strides, pad, dilations, dimRoundingMode } = attributes;
  const [batch, height, width, channels] = x.shape;
  const [filterHeight, filterWidth, inChannels, outChannels] = filter.shape;
  return backend_util.computeConv2DInfo(
    [batch ?? 0, height ?? 0, width ?? 0, channels ?? 0],
    [filterHeight ?? 0, filterWidth ?? 0, inChannels ?? 0, outChannels ?? 0],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    layout === DEPTHWISE,
  );
}

function convolve(x: SymbolicValue, filter: SymbolicValue, form: Form): SymbolicValue {
  const info = describe(x, filter, form);
  const { top, left, bottom, right } = info.padInfo;
  const node: ConvolutionNode = {
    input: [x.in(NCHW), filter.in(form.layout)],
    attributes: {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: [top, left, bottom, right],
      group: form.layout === DEPTHWISE ? at(x.shape, 3) : 1,
    },
  };
  const result = new SymbolicValue(x.graph, info.outShape).hold(NCHW, x.graph.op("Conv", node.input, node.attributes));
  result.convolution = node;
  return result;
}
