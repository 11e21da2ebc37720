// ResNet-18 as it is trained, on three pictures of 64 pixels, against what timm computes (tools/make-oracles/resnet.py).
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { openSession } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { describe, expect, test } from "vitest";
import type { LayerSource } from "./backbones/backbone.ts";
import { resNet18 } from "./backbones/resnet.ts";
import { formulaPicture, formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { expectStage, type StageOracle } from "./fixtures/stage-oracle.fixture.ts";
import { frozenLayers } from "./frozen-layers.ts";
import { batchNormLayers, trainableLayers } from "./trainable-layers.ts";

type Summary = { first: number[]; sum: number; norm: number };
type Oracle = {
  maps: Record<string, StageOracle>;
  loss: number;
  gradients: Record<string, Summary>;
  next: Record<string, Summary>;
};

const SIZE = 64;
const PICTURES = 3;
// Of the pictures' formula; the script says why.
const FIRST = 40;
const weights = formulaWeights(resNet18);
const { training }: { training: Record<"frozenBn" | "trainBn", Oracle> } = JSON.parse(
  readFileSync(new URL("./fixtures/resnet.json", import.meta.url), "utf8"),
);

const constants = () =>
  Object.fromEntries([...weights].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));

type Build = (x: tf.Tensor4D, rowWeights: tf.Tensor1D) => Record<string, tf.Tensor>;

/** Runs `build` on the three pictures and, when asked, on rows behind them that are none. */
async function run(build: Build, fillers = 0) {
  const rows = PICTURES + fillers;
  const graph = trace({
    inputs: { x: { shape: [rows, SIZE, SIZE, 3] }, rowWeights: { shape: [rows] } },
    // The inputs were declared with four axes and one.
    fn: ({ x, rowWeights }) => ({ outputs: build(x as tf.Tensor4D, rowWeights as tf.Tensor1D) }),
  });
  const data = new Float32Array(rows * SIZE * SIZE * 3).fill(5);
  data.set(formulaPicture(PICTURES, SIZE, FIRST));
  const session = await openSession(graph.bytes, { threads: 2 });
  const results = await session.run({
    x: { dims: [rows, SIZE, SIZE, 3], data },
    rowWeights: { dims: [rows], data: Float32Array.from({ length: rows }, (_, i) => (i < PICTURES ? 1 : 0)) },
  });
  await session.close();
  return (name: string) => ({ dims: results[name]?.dims ?? [], data: Float32Array.from(results[name]?.data ?? []) });
}

function stagesOf(x: tf.Tensor4D, layers: LayerSource) {
  const maps: Record<string, tf.Tensor> = {};
  resNet18.stages.reduce((value, stage) => {
    const result = stage.apply(value, layers);
    maps[stage.name] = result;
    return result;
  }, x);
  return maps;
}

function expectSummary(name: string, { data }: { data: Float32Array }, { first, sum, norm }: Summary): void {
  const actual = {
    sum: data.reduce((total, value) => total + value, 0),
    norm: Math.sqrt(data.reduce((total, value) => total + value ** 2, 0)),
  };
  expect(actual.norm / norm, name).toBeCloseTo(1, 3);
  expect(Math.abs(actual.sum - sum) / norm, name).toBeLessThan(2e-3);
  for (const [i, value] of first.entries()) expect(Math.abs((data[i] ?? Number.NaN) - value) / norm).toBeLessThan(1e-3);
}

describe("with the running statistics", () => {
  test("every stage agrees with timm", async () => {
    const result = await run((x) => stagesOf(x, trainableLayers(resNet18, constants())));
    for (const [name, oracle] of Object.entries(training.frozenBn.maps)) expectStage(name, result(name), oracle);
  });

  test("it is the frozen body, with the input's scale in the stem too", async () => {
    const inputScale = [2, 0.5, 3];
    const result = await run((x) => {
      const layers = trainableLayers(resNet18, constants(), inputScale);
      const [trained, frozen] = [stagesOf(x, layers), stagesOf(x, frozenLayers(resNet18, weights, inputScale))];
      return { difference: tf.max(tf.abs(tf.sub(trained.layer4 ?? x, frozen.layer4 ?? x))) };
    });
    expect(result("difference").data[0]).toBeLessThan(1e-4);
  });
});

describe("with the batch's statistics", () => {
  test.each([0, 1])(
    "every stage and the next running statistics agree with timm, %i rows being no pictures",
    async (fillers) => {
      const result = await run((x, rowWeights) => {
        const { layers, nextStatistics } = batchNormLayers({ backbone: resNet18, parameters: constants(), rowWeights });
        const maps = stagesOf(x, layers);
        const real = Object.entries(maps).map(([name, map]) => [
          name,
          tf.slice(map, [0, 0, 0, 0], [PICTURES, -1, -1, -1]),
        ]);
        return { ...Object.fromEntries(real), ...nextStatistics };
      }, fillers);
      for (const [name, oracle] of Object.entries(training.trainBn.maps)) expectStage(name, result(name), oracle);
      for (const [name, oracle] of Object.entries(training.trainBn.next)) expectSummary(name, result(name), oracle);
    },
  );
});

describe.each(["frozenBn", "trainBn"] as const)("gradients (%s)", (mode) => {
  test("agree with PyTorch's autograd", async () => {
    const { loss, gradients } = training[mode];
    const names = Object.keys(gradients);
    const result = await run((x, rowWeights) => {
      const lossOf = (...learned: tf.Tensor[]) => {
        const current = Object.entries(learned).map(([i, value]) => [names[Number(i)], value]);
        const parameters = { ...constants(), ...Object.fromEntries(current) };
        const options = { backbone: resNet18, parameters, rowWeights };
        const layers = mode === "trainBn" ? batchNormLayers(options).layers : trainableLayers(resNet18, parameters);
        const last = resNet18.stages.reduce((value, stage) => stage.apply(value, layers), x);
        const wave = tf.tensor(
          Float32Array.from({ length: last.size }, (_, i) => Math.sin(i)),
          last.shape,
        );
        return tf.mean<tf.Scalar>(tf.mul(last, wave));
      };
      const values = constants();
      const { value, grads } = tf.valueAndGrads(lossOf)(names.flatMap((name) => values[name] ?? []));
      return { loss: value, ...Object.fromEntries(grads.map((gradient, i) => [names[i], gradient])) };
    });
    expect(result("loss").data[0]).toBeCloseTo(loss, 5);
    for (const [name, oracle] of Object.entries(gradients)) expectSummary(name, result(name), oracle);
  });
});

test("a parameter that is not there is named", () => {
  const layers = trainableLayers(resNet18, {});
  expect(() => layers("conv1", "bn1")).toThrow("The body has no parameter conv1.weight.");
});
