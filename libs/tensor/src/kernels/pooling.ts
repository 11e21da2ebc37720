// Pooling over height and width, recorded in ONNX Runtime's own order (NCHW). Padding never counts: neither as a largest
// value nor in an average.
import { type AvgPoolAttrs, backend_util, type MaxPoolAttrs } from "@tensorflow/tfjs-core";
import { NCHW, physicalShape, sizeOf } from "../layout.ts";
import { SymbolicValue } from "../symbol.ts";
import { kernel } from "./kernel.ts";

export const poolingKernels = [
  kernel<"x", MaxPoolAttrs>("MaxPool", ({ x }, attributes) => {
    const { outShape, node } = describePool(x, attributes);
    return new SymbolicValue(x.graph, outShape).hold(NCHW, x.graph.maxPool(x.in(NCHW), node).values);
  }),
  kernel<"x", AvgPoolAttrs>("AvgPool", ({ x }, attributes) => {
    const { outShape, node } = describePool(x, attributes);
    return new SymbolicValue(x.graph, outShape).hold(NCHW, x.graph.op("AveragePool", [x.in(NCHW)], node));
  }),
  kernel<"dy" | "input", MaxPoolAttrs>("MaxPoolGrad", ({ dy, input }, attributes) => scatter(dy, input, attributes)),
];

/** Each gradient goes to where its largest value lay; the pool itself told where, as a place in the whole input. */
function scatter(dy: SymbolicValue, input: SymbolicValue, attributes: MaxPoolAttrs): SymbolicValue {
  const { graph } = dy;
  const { indices } = graph.maxPool(input.in(NCHW), describePool(input, attributes).node);
  const none = graph.op("Expand", [graph.scalar(0), graph.ints([sizeOf(input.shape)])]);
  const places = [graph.reshape(indices, [-1]), graph.reshape(dy.in(NCHW), [-1])];
  const flat = graph.op("ScatterElements", [none, ...places], { axis: 0, reduction: "add" });
  return new SymbolicValue(graph, input.shape).hold(NCHW, graph.reshape(flat, physicalShape(input.shape, NCHW)));
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
