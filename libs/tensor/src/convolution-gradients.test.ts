// Gradients of convolutions and pools: tfjs' cpu backend against central differences on small maps, the traced graph against
// both that backend and PyTorch on maps, channels and paddings as networks have them.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { findChannelBlock } from "./channel-block.ts";
import "./gradients.ts";
import { centralDifferences, gradientsOf, spacedOut, type TensorFunction } from "./gradient-testing.ts";
import { relativeDifference } from "./relative-difference.ts";
import { runOnCpu, runTraced, type TestInputs, wave } from "./testing.ts";

type Kind = "dense" | "depthwise" | "max pool";
type Case = {
  kind: Kind;
  inputs: number;
  outputs: number;
  side: number;
  kernel: number;
  stride: number;
  pad: "same" | number;
  batch: number;
};
type Summary = { first: number[]; norm: number; product: number };
type Oracle = Case & { gradients: Record<string, Summary> };

// Written by tools/make-oracles/conv_gradients.py.
const oracle: { cases: Oracle[] } = JSON.parse(
  readFileSync(new URL("fixtures/conv-gradients.json", import.meta.url), "utf8"),
);

/** Takes its inputs as PyTorch stores them: pictures NCHW, filters OIHW. */
const layer = ({ kind, kernel, stride, pad }: Case): TensorFunction => {
  return (x, filter) => {
    const pictures = tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]);
    if (kind === "max pool") return nchw(tf.maxPool(pictures, kernel, stride, pad));
    const weights = filter as tf.Tensor4D;
    if (kind === "dense") return nchw(tf.conv2d(pictures, tf.transpose(weights, [2, 3, 1, 0]), stride, pad));
    return nchw(tf.depthwiseConv2d(pictures, tf.transpose(weights, [2, 3, 0, 1]), stride, pad));
  };
};
const nchw = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 3, 1, 2]);

function inputsOf({ kind, inputs, outputs, side, kernel, batch }: Case): TestInputs {
  const x = wave([batch, inputs, side, side], 1, 1);
  if (kind === "max pool") return { x };
  return { x, filter: wave([outputs, kind === "dense" ? inputs : 1, kernel, kernel], 1, 2) };
}

const describeCase = ({ kind, inputs, outputs, side, kernel, stride, pad, batch }: Case): string =>
  `${kind} ${inputs}->${outputs}, map ${side}, kernel ${kernel}, stride ${stride}, padding ${pad}, batch ${batch}`;

const SMALL: Case[] = [
  { kind: "dense", inputs: 2, outputs: 3, side: 4, kernel: 3, stride: 1, pad: "same", batch: 2 },
  { kind: "dense", inputs: 2, outputs: 3, side: 4, kernel: 3, stride: 2, pad: "same", batch: 1 },
  { kind: "dense", inputs: 2, outputs: 2, side: 5, kernel: 3, stride: 2, pad: 1, batch: 2 },
  { kind: "dense", inputs: 2, outputs: 3, side: 3, kernel: 1, stride: 1, pad: "same", batch: 2 },
  { kind: "depthwise", inputs: 3, outputs: 3, side: 4, kernel: 3, stride: 1, pad: "same", batch: 2 },
  { kind: "depthwise", inputs: 2, outputs: 2, side: 6, kernel: 5, stride: 2, pad: "same", batch: 1 },
  { kind: "max pool", inputs: 2, outputs: 2, side: 5, kernel: 3, stride: 2, pad: 1, batch: 2 },
];

describe("on tfjs' cpu backend, gradients are what central differences say", () => {
  test.each(SMALL.map((small) => [describeCase(small), small] as const))("%s", async (_, small) => {
    const inputs = inputsOf(small);
    const of: TensorFunction = (x, ...filter) =>
      layer(small)(small.kind === "max pool" ? spacedOut(x as tf.Tensor) : (x as tf.Tensor), ...filter);
    const found = runOnCpu(inputs, gradientsOf(of));
    const traced = await runTraced(inputs, gradientsOf(of));
    for (const name of Object.keys(inputs)) {
      const numeric = centralDifferences(inputs, name, of);
      expect(relativeDifference(found[`d${name}`] ?? [], numeric), name).toBeLessThan(2e-3);
      expect(
        relativeDifference(traced[`d${name}`]?.data ?? [], found[`d${name}`] ?? []),
        `traced, ${name}`,
      ).toBeLessThan(1e-5);
    }
  });
});

const blocks = [0, await findChannelBlock()];

describe.each(blocks)("with blocks of %i channels the traced graph finds the gradients PyTorch finds", (block) => {
  test.each(oracle.cases.map((known) => [describeCase(known), known] as const))("%s", async (_, known) => {
    const traced = await runTraced(inputsOf(known), gradientsOf(layer(known)), block);
    for (const [name, { first, norm, product }] of Object.entries(known.gradients)) {
      const found = Array.from(traced[`d${name}`]?.data ?? []);
      const weights = wave([found.length], 1, 2).data;
      const tolerance = 1e-5 * norm;
      const foundNorm = Math.sqrt(found.reduce((sum, value) => sum + value ** 2, 0));
      const foundProduct = found.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0);
      expect(Math.abs(foundNorm - norm), `${name}, norm`).toBeLessThan(tolerance);
      expect(Math.abs(foundProduct - product), `${name}, product`).toBeLessThan(tolerance * Math.sqrt(found.length));
      for (const [i, value] of first.entries()) expect(Math.abs((found[i] ?? 0) - value)).toBeLessThan(tolerance);
    }
  });
});

test.each(blocks)(
  "padding, smooth activations, a residual sum and pools, with blocks of %i channels",
  async (block) => {
    const network: TensorFunction = (x, dense, depthwise) => {
      const padded = tf.pad(x as tf.Tensor4D, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]) as tf.Tensor4D;
      const swish = (value: tf.Tensor): tf.Tensor4D => tf.mul(value, tf.sigmoid(value));
      const narrow = swish(tf.conv2d(padded, dense as tf.Tensor4D, 2, "valid"));
      const mixed = swish(tf.depthwiseConv2d(narrow, depthwise as tf.Tensor4D, 1, "same"));
      return tf.concat([tf.mean(tf.add(mixed, narrow), [1, 2]), tf.max(mixed, [1, 2])], 1);
    };
    const inputs = { x: wave([2, 9, 9, 3]), dense: wave([3, 3, 3, 8], 0.3, 1), depthwise: wave([3, 3, 8, 1], 0.3, 2) };
    const expected = runOnCpu(inputs, gradientsOf(network));
    const traced = await runTraced(inputs, gradientsOf(network), block);
    for (const name of Object.keys(inputs)) {
      expect(relativeDifference(traced[`d${name}`]?.data ?? [], expected[`d${name}`] ?? []), name).toBeLessThan(1e-5);
    }
  },
);

test.each(blocks)("batch-norm by the batch, written out, with blocks of %i channels", async (block) => {
  const network: TensorFunction = (x, filter, scale) => {
    const y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");
    const shares = tf.tensor2d([0.25, 0.75, 0], [3, 1]);
    const average = (value: tf.Tensor) => tf.sum(tf.mul(tf.mean(value, [1, 2]), shares), 0);
    const centred = tf.sub(y, average(y));
    const spread = tf.sqrt(tf.add(tf.mean(tf.square(centred), [0, 1, 2]), 0.1));
    const normal = tf.add(
      tf.div(tf.mul(centred, scale as tf.Tensor), spread),
      tf.reshape(scale as tf.Tensor, [1, 1, 1, 16]),
    );
    return tf.mul(tf.sigmoid(normal), tf.expandDims(tf.expandDims(tf.mean(y, [1, 2]), 1), 1));
  };
  const inputs = { x: wave([3, 5, 5, 8]), filter: wave([3, 3, 8, 16], 0.3, 1), scale: wave([16], 1, 2) };
  const expected = runOnCpu(inputs, gradientsOf(network));
  const traced = await runTraced(inputs, gradientsOf(network), block);
  // The gradient of the scale nearly cancels, so that the order of a sum shows in it.
  for (const name of Object.keys(inputs)) {
    expect(relativeDifference(traced[`d${name}`]?.data ?? [], expected[`d${name}`] ?? []), name).toBeLessThan(3e-5);
  }
});

test("a dilated convolution is refused when its gradient is asked for", () => {
  const inputs = { x: wave([1, 5, 5, 1]), filter: wave([3, 3, 1, 1]) };
  const dilated: TensorFunction = (x, filter) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2);
  expect(() => runOnCpu(inputs, gradientsOf(dilated))).toThrow("without dilation");
});
