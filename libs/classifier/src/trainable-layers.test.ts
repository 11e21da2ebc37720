// Every backbone as it is trained, on three small pictures, against what PyTorch computes (tools/make-oracles/gradients.py).
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { BACKBONES } from "@ursa/contracts/recipe";
import { findChannelBlock } from "@ursa/tensor/channel-block";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { openSession } from "@ursa/tensor/session";
import { type TensorMap, trace } from "@ursa/tensor/trace";
import { describe, expect, test } from "vitest";
import type { Backbone, LayerSource } from "./backbones/backbone.ts";
import { resNet18 } from "./backbones/resnet.ts";
import { learnedShapes } from "./backbones/tensor-shapes.ts";
import { formulaPicture, formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { expectStage, type StageOracle } from "./fixtures/stage-oracle.fixture.ts";
import { frozenLayers } from "./frozen-layers.ts";
import { batchNormLayers, trainableLayers } from "./trainable-layers.ts";
import { type BackboneName, registryEntry } from "./weights-registry.ts";

/** First values, product with sin(i) over the root of the size, norm; `apart`: the norm of single precision's error in PyTorch. */
type Summary = [first: number[], along: number, norm: number, apart: number];
type Oracle = {
  /** Of the pictures' formula; the script says how it was found. */
  first: number;
  stages: Record<string, StageOracle>;
  loss: number;
  gradients: Record<string, Summary>;
  statistics: Record<string, Summary>;
};

type Oracles = Record<BackboneName, Record<"frozenBn" | "trainBn", Oracle>>;

const {
  size: SIZE,
  pictures: PICTURES,
  oracles,
}: { size: number; pictures: number; oracles: Oracles } = JSON.parse(
  readFileSync(new URL("./fixtures/gradients.json", import.meta.url), "utf8"),
);

/** How many times as far from double precision as PyTorch's single precision this one may be: it adds up in another order. */
const SPREADS = 8;
/** Where PyTorch adds up in more digits than it keeps, only the last rounding is left. */
const ROUNDING = 2 ** -23;

/** `updates` are what comes out under the name of a parameter. */
type Built = { outputs: TensorMap; updates?: TensorMap };
type Build = (x: tf.Tensor4D, rowWeights: tf.Tensor1D, parameters: TensorMap) => Built;
type Way = { weights: StoredTensors; first: number; fillers?: number; channelBlock?: number };

/** Runs `build` on the pictures and on `fillers` rows behind them that are none. */
async function run(build: Build, { weights, first, fillers = 0, channelBlock = 0 }: Way) {
  const rows = PICTURES + fillers;
  const graph = trace({
    inputs: { x: { shape: [rows, SIZE, SIZE, 3] }, rowWeights: { shape: [rows] } },
    parameters: Object.fromEntries([...weights].map(([name, { shape }]) => [name, shape])),
    channelBlock,
    // The inputs were declared with four axes and one.
    fn: ({ x, rowWeights }, parameters) => build(x as tf.Tensor4D, rowWeights as tf.Tensor1D, parameters),
  });
  const data = new Float32Array(rows * SIZE * SIZE * 3).fill(5);
  data.set(formulaPicture(PICTURES, SIZE, first));
  await using session = await openSession(graph.bytes, { threads: 2, spins: false });
  const results = await session.run({
    ...Object.fromEntries([...weights].map(([name, { shape, data: values }]) => [name, { dims: shape, data: values }])),
    x: { dims: [rows, SIZE, SIZE, 3], data },
    rowWeights: { dims: [rows], data: new Float32Array(rows).fill(1, 0, PICTURES) },
  });
  return (name: string) => {
    const found = results[graph.updates[name] ?? name];
    return { dims: found?.dims ?? [], data: new Float32Array(found?.data ?? []) };
  };
}

const picturesOf = (map: tf.Tensor4D) => tf.slice(map, [0, 0, 0, 0], [PICTURES, -1, -1, -1]);

/** What each stage makes of the pictures, by name. */
function stagesOf(x: tf.Tensor4D, { stages }: Backbone, layers: LayerSource): Record<string, tf.Tensor4D> {
  const maps: Record<string, tf.Tensor4D> = {};
  stages.reduce((value, stage) => {
    const result = stage.apply(value, layers);
    maps[stage.name] = picturesOf(result);
    return result;
  }, x);
  return maps;
}

/** Stages, next running statistics, loss and the gradients of all that is learned, in one graph. */
const training =
  (backbone: Backbone, trainBn: boolean): Build =>
  (x, rowWeights, values) => {
    const layersOf = (parameters: TensorMap) =>
      trainBn
        ? batchNormLayers({ backbone, parameters, rowWeights })
        : { layers: trainableLayers(backbone, parameters), nextStatistics: {} };
    const learned = [...learnedShapes(backbone.stages).keys()];
    const lossOf = (...tensors: tf.Tensor[]) => {
      const current = Object.fromEntries(tensors.map((tensor, i) => [learned[i], tensor]));
      const { layers } = layersOf({ ...values, ...current });
      return waveLoss(picturesOf(backbone.stages.reduce((value, stage) => stage.apply(value, layers), x)));
    };
    const { value: loss, grads } = tf.valueAndGrads(lossOf)(learned.flatMap((name) => values[name] ?? []));
    const { layers, nextStatistics } = layersOf(values);
    const outputs = { loss, ...stagesOf(x, backbone, layers) };
    return {
      outputs,
      updates: { ...nextStatistics, ...Object.fromEntries(grads.map((each, i) => [learned[i], each])) },
    };
  };

function waveLoss(last: tf.Tensor4D): tf.Scalar {
  const wave = Float32Array.from({ length: last.size }, (_, i) => Math.sin(i));
  return tf.mean(tf.mul(last, tf.tensor(wave, last.shape)));
}

/** Biases in [0, 4), as the script has them: few values are then near a ReLU's kink. */
function shiftedWeights(backbone: Backbone): StoredTensors {
  const weights = formulaWeights(backbone);
  for (const [name, { data }] of weights) if (name.endsWith(".bias")) data.set(data.map((value) => 2 + 4 * value));
  return weights;
}

function expectSummary(name: string, { data }: { data: Float32Array }, [first, along, norm, apart]: Summary): void {
  const tolerance = SPREADS * Math.max(apart, ROUNDING * norm);
  const expectNear = (what: string, actual: number, expected: number) =>
    expect(Math.abs(actual - expected), `${name}, ${what}: ${actual} for ${expected}`).toBeLessThan(tolerance);
  let [product, squares] = [0, 0];
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] ?? Number.NaN;
    product += value * Math.sin(i);
    squares += value * value;
  }
  expectNear("norm", Math.sqrt(squares), norm);
  expectNear("product", product / Math.sqrt(data.length), along);
  for (const [i, value] of first.entries()) expectNear(`value ${i}`, data[i] ?? Number.NaN, value);
}

// Seconds, but several times that where other processes want the cores.
const PATIENCE = { timeout: 120_000 };
// One mode in plain layout, the other in the processor's own, where it has one.
const MODES = [
  { mode: "frozenBn", channelBlock: 0 },
  { mode: "trainBn", channelBlock: await findChannelBlock() },
] as const;

describe.each(BACKBONES)("%s", (name) => {
  const { backbone } = registryEntry(name);
  const weights = shiftedWeights(backbone);

  test.each(MODES)(
    "every stage and every gradient agrees with PyTorch ($mode)",
    PATIENCE,
    async ({ mode, channelBlock }) => {
      const { first, stages, loss, statistics, gradients } = oracles[name][mode];
      const way = { weights, first, fillers: 1, channelBlock };
      const result = await run(training(backbone, mode === "trainBn"), way);
      for (const [stage, oracle] of Object.entries(stages)) expectStage(stage, result(stage), oracle);
      expect(result("loss").data[0]).toBeCloseTo(loss, 5);
      expect(Object.keys(gradients).toSorted()).toEqual([...learnedShapes(backbone.stages).keys()].toSorted());
      const summaries = Object.entries({ ...statistics, ...gradients });
      for (const [tensor, oracle] of summaries) expectSummary(tensor, result(tensor), oracle);
    },
  );
});

test("with the running statistics it is the frozen body, with the input's scale in the stem too", async () => {
  const [weights, inputScale] = [formulaWeights(resNet18), [2, 0.5, 3]];
  const build: Build = (x, _, parameters) => {
    const trained = stagesOf(x, resNet18, trainableLayers(resNet18, parameters, inputScale));
    const frozen = stagesOf(x, resNet18, frozenLayers(resNet18, weights, inputScale));
    return { outputs: { difference: tf.max(tf.abs(tf.sub(trained.layer4 ?? x, frozen.layer4 ?? x))) } };
  };
  const result = await run(build, { weights, first: 0 });
  expect(result("difference").data[0]).toBeLessThan(1e-4);
});

test("a parameter that is not there is named", () => {
  const layers = trainableLayers(resNet18, {});
  expect(() => layers("conv1", "bn1")).toThrow("The body has no parameter conv1.weight.");
});
