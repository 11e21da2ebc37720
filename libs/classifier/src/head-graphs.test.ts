// The head against PyTorch: forward pass, loss, gradients, three steps of AdamW. Fixture: tools/make-oracles/head_step.py.
import { readFileSync } from "node:fs";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import { openSession } from "@ursa/tensor/session";
import { runOnCpu } from "@ursa/tensor/testing";
import { describe, expect, test } from "vitest";
import { adamCorrections } from "./adamw.ts";
import { type HeadSize, HIDDEN, statisticShapes, trainableShapes } from "./head.ts";
import { headGradients, headStep, MEAN, traceHeadForward, VARIANCE } from "./head-graphs.ts";

type Summary = { first: number[]; sum: number; norm: number };
type StepOracle = { loss: number; gradients: Record<string, Summary>; after: Record<string, Summary> };
type ClipOracle = { norm: number; after: Record<string, Summary> };
const fixture: { head: { steps: StepOracle[]; logits: number[] }; clipped: ClipOracle[] } = JSON.parse(
  readFileSync(new URL("fixtures/head-step.json", import.meta.url), "utf8"),
);

const size: HeadSize = { features: 24, classes: 3 };
const PICTURES = 6;
// Two rows more than pictures: the padding of a batch must change nothing.
const BATCH = 8;

const wave = (length: number, scale: number, phase: number) =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(0.37 * i + phase));
const shifted = (values: Float32Array, by: number) => values.map((value) => value + by);
const lengthOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

function startingHead(): Map<string, StoredTensor> {
  const phases = ["head.bn1", "head.fc1", "head.bn2", "head.fc2"];
  const shapes = { ...trainableShapes(size), ...statisticShapes(size) };
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const phase = phases.findIndex((layer) => name.startsWith(layer));
      const isNorm = name.includes(".bn");
      if (name.endsWith("running_mean")) return [name, { shape, data: new Float32Array(lengthOf(shape)) }];
      if (name.endsWith("running_var")) return [name, { shape, data: new Float32Array(lengthOf(shape)).fill(1) }];
      if (name.endsWith("bias")) return [name, { shape, data: wave(lengthOf(shape), 0.1, phase + 10) }];
      return [name, { shape, data: shifted(wave(lengthOf(shape), isNorm ? 0.1 : 0.3, phase), isNorm ? 1 : 0) }];
    }),
  );
}

function startingState(): Map<string, StoredTensor> {
  const start = startingHead();
  for (const [name, shape] of Object.entries(trainableShapes(size))) {
    start.set(name + MEAN, { shape, data: new Float32Array(lengthOf(shape)) });
    start.set(name + VARIANCE, { shape, data: new Float32Array(lengthOf(shape)) });
  }
  return start;
}

function mask(width: number, rate: number, step: number): Float32Array {
  const data = new Float32Array(BATCH * width).fill(7);
  for (let i = 0; i < PICTURES * width; i += 1) data[i] = (7919 * (i + step)) % 97 >= 97 * rate ? 1 / (1 - rate) : 0;
  return data;
}

function batch(step: number) {
  const features = new Float32Array(BATCH * size.features).fill(-4);
  features.set(shifted(wave(PICTURES * size.features, 2, step), 3));
  const labels = new Float32Array(BATCH * size.classes);
  for (let i = 0; i < PICTURES; i += 1) labels[i * size.classes + (i % size.classes)] = 1;
  return {
    features: { dims: [BATCH, size.features], data: features },
    labels: { dims: [BATCH, size.classes], data: labels },
    weights: { dims: [BATCH], data: new Float32Array(BATCH).fill(1, 0, PICTURES) },
    mask1: { dims: [BATCH, size.features], data: mask(size.features, 0.25, step) },
    mask2: { dims: [BATCH, HIDDEN], data: mask(HIDDEN, 0.5, step) },
  };
}

function schedule(step: number) {
  const beta1 = 0.95 - 0.04 * step;
  const scalar = (value: number) => ({ dims: [], data: new Float32Array([value]) });
  const { correction1, correction2 } = adamCorrections(step + 1, beta1);
  return {
    learningRate: scalar(0.001 * (step + 1)),
    beta1: scalar(beta1),
    correction1: scalar(correction1),
    correction2: scalar(correction2),
  };
}

const TOLERANCE = 1e-4;

function expectLike(data: Float32Array, { first, norm }: Summary, what: string): void {
  const actualNorm = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
  expect(Math.abs(actualNorm - norm) / norm, `${what}: norm`).toBeLessThan(TOLERANCE);
  const scale = Math.max(...first.map(Math.abs), norm / Math.sqrt(data.length));
  for (const [i, value] of first.entries()) {
    expect(Math.abs((data[i] ?? 0) - value) / scale, `${what}[${i}]`).toBeLessThan(TOLERANCE);
  }
}

describe("the head agrees with PyTorch", () => {
  test("gradients of a padded batch, in plain tfjs", () => {
    const tensors = Object.entries(batch(0)).map(([name, { dims, data }]) => [name, { shape: dims, data }]);
    const head = [...startingHead()].map(([name, { shape, data }]) => [name, { shape: [...shape], data }]);
    const names = Object.keys(trainableShapes(size));
    const results = runOnCpu(Object.fromEntries([...tensors, ...head]), (given) => {
      const { loss, gradients } = headGradients(given, given, names);
      return { loss, ...Object.fromEntries(gradients.map((gradient, i) => [names[i] ?? "", gradient])) };
    });
    const oracle = fixture.head.steps[0] as StepOracle;
    expect(results.loss?.[0]).toBeCloseTo(oracle.loss, 4);
    for (const name of names) {
      expectLike(results[name] ?? new Float32Array(), oracle.gradients[name] as Summary, name);
    }
  });

  test("three traced steps of AdamW: losses, parameters and running statistics; then logits in evaluation mode", async () => {
    const plan = headStep(size, BATCH, { weightDecay: 0.01 });
    const step = await openCompiledStep(plan, { state: startingState(), threads: 1 });
    for (const [i, oracle] of fixture.head.steps.entries()) {
      const { loss } = await step.run({ ...batch(i), ...schedule(i) });
      expect(Math.abs((loss?.data[0] ?? 0) - oracle.loss) / oracle.loss, `loss of step ${i}`).toBeLessThan(1e-5);
      for (const [name, summary] of Object.entries(oracle.after)) {
        expectLike(step.state.get(name)?.data ?? new Float32Array(), summary, `step ${i}, ${name}`);
      }
    }
    const forward = await openSession(traceHeadForward(size).bytes, { threads: 1 });
    const names = Object.keys({ ...trainableShapes(size), ...statisticShapes(size) });
    const feeds = names.map((name) => [name, { dims: step.state.get(name)?.shape, data: step.state.get(name)?.data }]);
    const features = { dims: [PICTURES, size.features], data: shifted(wave(PICTURES * size.features, 2, 5), 3) };
    const { logits } = await forward.run({ ...Object.fromEntries(feeds), features });
    for (const [i, value] of fixture.head.logits.entries()) {
      expect(Math.abs((logits?.data[i] ?? 0) - value), `logit ${i}`).toBeLessThan(2e-4 * Math.abs(value) + 2e-4);
    }
    await step.close();
    await forward.close();
  });

  test("three steps whose gradients are clipped to a norm of 0.2 of all of them", async () => {
    const plan = headStep(size, BATCH, { weightDecay: 0.01, gradientClip: 0.2 });
    await using step = await openCompiledStep(plan, { state: startingState(), threads: 1 });
    for (const [i, { norm, after }] of fixture.clipped.entries()) {
      expect(norm, "the clip acts").toBeGreaterThan(0.4);
      const { gradientNorm } = await step.run({ ...batch(i), ...schedule(i) });
      expect(Math.abs((gradientNorm?.data[0] ?? 0) / norm - 1), `norm of step ${i}`).toBeLessThan(1e-4);
      for (const [name, summary] of Object.entries(after))
        expectLike(step.state.get(name)?.data ?? new Float32Array(), summary, `step ${i}, ${name}`);
    }
  });
});
