// The native engine with the gradients of libs/tensor. Runs where it is installed: `ursa engine install native`.
import * as tf from "@tensorflow/tfjs-core";
import { relativeDifference } from "@ursa/tensor/relative-difference";
import { runOnCpu, wave } from "@ursa/tensor/testing";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { expect, test } from "vitest";
import { loadNative } from "./load-native.ts";
import { isInstalled, nativePackage } from "./native-package.ts";

const isHere = isInstalled(nativePackage("native"));
if (!isHere)
  reportAbsentPart("native is not installed, so its gradients were not tried: `ursa engine install native`.");

test.skipIf(!isHere)("a gradient of libs/tensor runs on the native engine as on the cpu backend", async () => {
  const before = tf.getGradient("BatchMatMul");
  const native = await loadNative({ device: "cpu" });
  expect(native).toMatchObject({ name: "native", versions: { tfjs: tf.version_core } });
  expect(tf.getBackend()).toBe("tensorflow");
  // Loading it left our definition in place: tfjs-node was given this tfjs-core, and brought none of its own.
  expect(tf.getGradient("BatchMatMul")).toBe(before);
  const inputs = { x: wave([4, 6]), w: wave([6, 3], 0.5, 1) };
  const gradients = (given: Record<string, tf.Tensor>) => {
    const lossOf = (x: tf.Tensor, w: tf.Tensor) => tf.neg<tf.Scalar>(tf.mean(tf.logSoftmax(tf.matMul(x, w))));
    const [dx, dw] = tf.grads(lossOf)([given.x as tf.Tensor, given.w as tf.Tensor]);
    return { dx: dx as tf.Tensor, dw: dw as tf.Tensor };
  };
  const given = Object.entries(inputs).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]);
  const here = gradients(Object.fromEntries(given));
  const [dx, dw] = [await here.dx.data(), await here.dw.data()];
  const reference = runOnCpu(inputs, gradients);
  expect(relativeDifference(dx, reference.dx ?? [])).toBeLessThan(1e-5);
  expect(relativeDifference(dw, reference.dw ?? [])).toBeLessThan(1e-5);
});

test.skipIf(isInstalled(nativePackage("native-gpu")))(
  "a GPU that was asked for and is not installed is an error",
  async () => {
    await expect(loadNative({ device: "gpu" })).rejects.toThrow("`ursa engine install native --gpu`");
  },
);
