// The gradients of the operations model code uses, for every tfjs backend. tfjs-core's bundle for Node comes without them (they
// ship only in the much larger union package), and ours may say "broadcast" where tfjs multiplies by ones.
import * as tf from "@tensorflow/tfjs-core";

type Gradient = {
  /** `saved` holds the inputs, then the outputs, that the definition asked for. */
  of(dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap): Record<string, () => tf.Tensor>;
  inputs?: string[];
  output?: boolean;
};

const unary = (derivative: (dy: tf.Tensor, x: tf.Tensor) => tf.Tensor): Gradient => ({
  inputs: ["x"],
  of: (dy, saved) => ({ x: () => derivative(dy, first(saved)) }),
});

/** For operations whose derivative is simplest in terms of their result. */
const unaryOfOutput = (derivative: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor): Gradient => ({
  output: true,
  of: (dy, saved) => ({ x: () => derivative(dy, first(saved)) }),
});

const binary = (
  derivativeA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  derivativeB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Gradient => ({
  inputs: ["a", "b"],
  of: (dy, saved) => {
    const [a, b] = [first(saved), second(saved)];
    return { a: () => sumTo(derivativeA(dy, a, b), a.shape), b: () => sumTo(derivativeB(dy, a, b), b.shape) };
  },
});

const GRADIENTS: Record<string, Gradient> = {
  Add: binary(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: binary(
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  Multiply: binary(
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: binary(
    (dy, _a, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  Neg: { of: (dy) => ({ x: () => tf.neg(dy) }) },
  Square: unary((dy, x) => tf.mul(dy, tf.mul(x, 2))),
  Exp: unaryOfOutput((dy, y) => tf.mul(dy, y)),
  Log: unary((dy, x) => tf.div(dy, x)),
  Sqrt: unaryOfOutput((dy, y) => tf.div(dy, tf.mul(y, 2))),
  Rsqrt: unary((dy, x) => tf.neg(tf.div(tf.mul(dy, tf.rsqrt(x)), tf.mul(x, 2)))),
  Sigmoid: unaryOfOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  // From the output, so that a training graph need not keep what went in.
  Relu: unaryOfOutput((dy, y) => tf.mul(dy, tf.step(y))),
  Identity: { of: (dy) => ({ x: () => dy }) },
  Cast: { of: (dy) => ({ x: () => dy }) },
  Reshape: { inputs: ["x"], of: (dy, saved) => ({ x: () => tf.reshape(dy, first(saved).shape) }) },
  ExpandDims: { inputs: ["input"], of: (dy, saved) => ({ input: () => tf.reshape(dy, first(saved).shape) }) },
  Transpose: {
    of: (dy, _saved, { perm }) => ({ x: () => tf.transpose(dy, invert(axesOf(perm, dy.shape))) }),
  },
  Sum: {
    inputs: ["x"],
    of: (dy, saved, { axis }) => ({ x: () => spread(dy, first(saved).shape, axesOf(axis, first(saved).shape)) }),
  },
  Mean: {
    inputs: ["x"],
    of: (dy, saved, { axis }) => {
      const { shape } = first(saved);
      return { x: () => tf.mul(spread(dy, shape, axesOf(axis, shape)), dy.size / sizeOf(shape)) };
    },
  },
  LogSoftmax: {
    output: true,
    of: (dy, saved, { axis }) => ({
      logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axesOf(axis, dy.shape), true), tf.exp(first(saved)))),
    }),
  },
  BatchMatMul: {
    inputs: ["a", "b"],
    of: (dy, saved, attributes) => ({
      a: () => matMulGradientA(dy, second(saved), flags(attributes)),
      b: () => matMulGradientB(dy, first(saved), flags(attributes)),
    }),
  },
};

for (const [kernelName, { inputs = [], output = false, of }] of Object.entries(GRADIENTS)) {
  tf.registerGradient({
    kernelName,
    inputsToSave: inputs,
    outputsToSave: [output],
    // These operations have one output, so tfjs passes one gradient, not a list.
    gradFunc: (dy, saved, attributes) => of(dy as tf.Tensor, saved, attributes),
  });
}

type Flags = { transposeA: boolean; transposeB: boolean };
const flags = ({ transposeA, transposeB }: tf.NamedAttrMap): Flags => ({
  transposeA: transposeA === true,
  transposeB: transposeB === true,
});

function matMulGradientA(dy: tf.Tensor, b: tf.Tensor, { transposeA, transposeB }: Flags): tf.Tensor {
  return transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB);
}

function matMulGradientB(dy: tf.Tensor, a: tf.Tensor, { transposeA, transposeB }: Flags): tf.Tensor {
  return transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false);
}

/** Undoes a broadcast: adds up over the axes along which `shape` was repeated. */
function sumTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}

/** Undoes a reduction: repeats `dy` along the axes that were added up. */
function spread(dy: tf.Tensor, shape: number[], axes: number[]): tf.Tensor {
  const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return tf.broadcastTo(tf.reshape(dy, kept), shape);
}

/** Axes from 0. tfjs' own operations pass one number, a list, or nothing for all of them. */
function axesOf(attribute: unknown, shape: number[]): number[] {
  if (attribute === undefined || attribute === null) return shape.map((_, axis) => axis);
  // By the line above it is a number or a list of them.
  return tf.util.parseAxisParam(attribute as number | number[], shape);
}

const invert = (perm: number[]): number[] => perm.map((_, axis) => perm.indexOf(axis));
const sizeOf = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);
const first = ([tensor]: tf.Tensor[]): tf.Tensor => present(tensor);
const second = ([, tensor]: tf.Tensor[]): tf.Tensor => present(tensor);

function present(tensor: tf.Tensor | undefined): tf.Tensor {
  if (!tensor) throw new Error("tfjs saved fewer tensors for a gradient than it was asked to.");
  return tensor;
}
