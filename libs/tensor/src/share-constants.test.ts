import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { openSession } from "./session.ts";
import { shareConstants } from "./share-constants.ts";
import { trace } from "./trace.ts";

const weights = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i));

/** x [2, 64] times a weight, and times its transpose where `isSquared`. */
const graphOf = (isSquared: boolean) =>
  trace({
    inputs: { x: { shape: [2, 64] } },
    fn: ({ x }) => {
      const weight = tf.tensor2d(weights, [64, 64]);
      // `x` is declared with two axes.
      const once = tf.matMul(x as tf.Tensor2D, weight);
      return { outputs: { y: isSquared ? tf.matMul(once, weight, false, true) : once } };
    },
  }).bytes;

async function run(bytes: Uint8Array, files: { name: string; bytes: Uint8Array }[] = []) {
  await using session = await openSession(bytes, { threads: 1, files });
  const x = { dims: [2, 64], data: Float32Array.from({ length: 128 }, (_, i) => Math.cos(i)) };
  return (await session.run({ x })).y?.data;
}

test("a graph reads the numbers that another's file has from there, and computes what it did", async () => {
  const file = { name: "one.onnx", bytes: graphOf(false) };
  const whole = graphOf(true);
  const shared = shareConstants(whole, file);
  expect(file.bytes.length).toBeGreaterThan(weights.byteLength);
  expect(shared.length).toBeLessThan(1500);
  expect(await run(shared, [file])).toEqual(await run(whole));
});

test("numbers that the file does not have stay in the graph", async () => {
  const file = { name: "one.onnx", bytes: new Uint8Array(20_000) };
  const whole = graphOf(true);
  expect(await run(shareConstants(whole, file), [file])).toEqual(await run(whole));
});

test("without the file the graph does not open", async () => {
  const shared = shareConstants(graphOf(true), { name: "one.onnx", bytes: graphOf(false) });
  await expect(run(shared)).rejects.toThrow(/one\.onnx/);
});

test("a constant that is needed in two orders is held once", () => {
  expect(graphOf(true).length).toBeLessThan(1.2 * weights.byteLength);
});
