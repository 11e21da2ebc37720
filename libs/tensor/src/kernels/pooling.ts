// Pooling over height and width, recorded in ONNX Runtime's own order (NCHW). Padding never counts: neither as a largest
// value nor in an average.
import { type AvgPoolAttrs, backend_util, type MaxPoolAttrs } from "@tensorflow/tfjs-core";
import { NCHW } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { kernel } from "./kernel.ts";

export const poolingKernels = [
  kernel<"x", MaxPoolAttrs>("MaxPool", ({ x }, attributes) => pool("MaxPool", x, attributes)),
  kernel<"x", AvgPoolAttrs>("AvgPool", ({ x }, attributes) => pool("AveragePool", x, attributes)),
];

function pool(opType: string, x: SymbolicValue, attributes: MaxPoolAttrs | AvgPoolAttrs): SymbolicValue {
  const { outShape, node } = describePool(x, attributes);
  return new SymbolicValue(x.graph, outShape).hold(NCHW, x.graph.op(opType, [x.in(NCHW)], node));
}

/** The shape of the result, and the window as attributes of an ONNX node. */
function describePool(x: SymbolicValue, { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs | AvgPoolAttrs) {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const inShape: [number, number, number, number] = [batch, height, width, channels];
  const info = backend_util.computePool2DInfo(inShape, filterSize, strides, 1, pad, dimRoundingMode);
  const { top, left, bottom, right } = info.padInfo;
  const node = {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
  };
  return { outShape: info.outShape, node };
}
