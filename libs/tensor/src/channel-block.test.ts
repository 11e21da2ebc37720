import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { findChannelBlock } from "./channel-block.ts";
import { decodeModel } from "./onnx-proto.ts";
import { trace } from "./trace.ts";

const operations = (channelBlock: number): string[] => {
  const { bytes } = trace({
    inputs: { x: { shape: [1, 6, 6, 16] } },
    channelBlock,
    fn: ({ x }) => {
      const [pictures, filter] = [x as tf.Tensor4D, tf.ones<tf.Rank.R4>([3, 3, 16, 16])];
      const y = tf.add(tf.conv2d(pictures, filter, 1, "same"), tf.tensor1d(Array.from({ length: 16 }, (_, i) => i)));
      return { outputs: { y: tf.relu6(tf.add(tf.conv2d(tf.relu(y) as tf.Tensor4D, filter, 1, "same"), y)) } };
    },
  });
  return decodeModel(bytes).graph.node.map(({ opType }) => opType);
};

test("the same block is found every time", async () => {
  const block = await findChannelBlock();
  expect([0, 8, 16]).toContain(block);
  expect(await findChannelBlock()).toBe(block);
});

test("in blocks, bias, residual sum and activation run inside their convolutions", () => {
  expect(operations(0)).toEqual(expect.arrayContaining(["Relu", "Add", "Clip"]));
  for (const fused of ["Relu", "Add", "Clip"]) expect(operations(8)).not.toContain(fused);
});

test("channels that fill no whole block stay as they are", () => {
  expect(operations(32)).not.toContain("ReorderInput");
});
