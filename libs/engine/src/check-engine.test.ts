// The comparison behind `ursa engine check`, on tfjs' plain JavaScript backend in the native engine's place.
import { setBackend } from "@tensorflow/tfjs-core";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import { openEagerStep } from "@ursa/tensor/eager-step";
import "@ursa/tensor/testing";
import { expect, test } from "vitest";
import { compareTrainings, type Training, trainOn } from "./check-engine.ts";
import { createTinyNet } from "./tiny-net.ts";

const training = (loss: number, weight: number, ms: number): Training => ({
  losses: [1, loss],
  state: new Map([["w", Float32Array.of(weight, 10)]]),
  stepMs: [100, ms],
});

test("the same steps, compiled and eager, lead to the same weights", async () => {
  const net = createTinyNet({ batch: 6, side: 6, features: 12 });
  await setBackend("cpu");
  const compiled = await trainOn(openCompiledStep, net, { steps: 3, threads: 1 });
  const result = compareTrainings(compiled, await trainOn(openEagerStep, net, { steps: 3, threads: 1 }));
  expect(result).toMatchObject({ steps: 3, isEqual: true });
  expect(compiled.losses.at(-1)).toBeLessThan(compiled.losses[0] ?? 0);
});

test("a loss or a weight that is off by more than a thousandth is a difference, and so is NaN", () => {
  const compiled = training(0.5, 1, 10);
  expect(compareTrainings(compiled, training(0.5005, 1.005, 5))).toMatchObject({ isEqual: true, ratio: 2 });
  expect(compareTrainings(compiled, training(0.502, 1, 5)).isEqual).toBe(false);
  expect(compareTrainings(compiled, training(0.5, 1.02, 5))).toMatchObject({ isEqual: false, worstTensor: "w" });
  expect(compareTrainings(compiled, training(Number.NaN, 1, 5)).isEqual).toBe(false);
  expect(compareTrainings(compiled, training(0.5, Number.NaN, 5)).isEqual).toBe(false);
});
