// Gradients of convolutions and pools. tfjs has kernels for them but publishes few of the operations, so they are called by name.
import * as tf from "@tensorflow/tfjs-core";
import { first, type Gradients, second } from "./gradient.ts";

export const convolutionGradients: Gradients = {
  Conv2D: {
    inputs: ["x", "filter"],
    of: (dy, saved, attributes) => {
      const [x, filter] = [first(saved), second(saved)];
      const window = undilated(attributes);
      return {
        x: () => run("Conv2DBackpropInput", { dy, filter }, { ...window, inputShape: x.shape }),
        filter: () => run("Conv2DBackpropFilter", { x, dy }, { ...window, filterShape: filter.shape }),
      };
    },
  },
  DepthwiseConv2dNative: {
    inputs: ["x", "filter"],
    of: (dy, saved, attributes) => {
      const [x, filter] = [first(saved), second(saved)];
      const window = undilated(attributes);
      return {
        x: () => run("DepthwiseConv2dNativeBackpropInput", { dy, filter }, { ...window, inputShape: x.shape }),
        filter: () => run("DepthwiseConv2dNativeBackpropFilter", { x, dy }, { ...window, filterShape: filter.shape }),
      };
    },
  },
  MaxPool: {
    inputs: ["x"],
    output: true,
    of: (dy, saved, window) => ({
      x: () => run("MaxPoolGrad", { dy, input: first(saved), output: second(saved) }, window),
    }),
  },
};

// The kernel says what it needs; this only gives its one result a type.
const run = (name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attributes);

function undilated(attributes: tf.NamedAttrMap): tf.NamedAttrMap {
  const { dilations } = attributes;
  // tfjs publishes dilations as one number or two.
  const isDilated = [(dilations as number | number[] | undefined) ?? 1].flat().some((step) => step !== 1);
  if (isDilated)
    throw new Error(`Expected a convolution without dilation, got ${dilations}: its gradient is not written.`);
  return { ...attributes, dilations: [1, 1] };
}
