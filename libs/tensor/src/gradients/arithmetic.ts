// Gradients of operations that work number by number, and of matrix products.
import * as tf from "@tensorflow/tfjs-core";
import { binary, first, type Gradients, second, unary, unaryOfOutput } from "./gradient.ts";

export const arithmeticGradients: Gradients = {
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
  SquaredDifference: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
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
  Relu6: unaryOfOutput((dy, y) => tf.mul(dy, tf.cast(tf.logicalAnd(tf.greater(y, 0), tf.less(y, 6)), "float32"))),
  BatchMatMul: {
    inputs: ["a", "b"],
    of: (dy, saved, attributes) => ({
      a: () => matMulGradientA(dy, second(saved), flags(attributes)),
      b: () => matMulGradientB(dy, first(saved), flags(attributes)),
    }),
  },
};

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
