import * as tf from "@tensorflow/tfjs-core";
import { openSession } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { expect, test } from "vitest";
import { freezeTo } from "./backbones/layer-groups.ts";
import { type Body, pool, traceBody, traceFrozenPart } from "./body-graph.ts";
import { formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { frozenLayers } from "./frozen-layers.ts";
import { trainableLayers } from "./trainable-layers.ts";
import { loadBackboneWeights, registryEntry } from "./weights-registry.ts";

const SIZE = 64;

test("folding the statistics into the stem changes nothing, not even at the border", async () => {
  const { backbone } = registryEntry("efficientnet_lite0");
  const weights = await loadBackboneWeights("efficientnet_lite0");
  // Different for each channel, so that a mix-up would show.
  const statistics = { mean: [120, 127.5, 90], std: [60, 128, 70] } as const;
  const plain = trace({
    inputs: { pixels: { shape: [2, SIZE, SIZE, 3] } },
    fn: ({ pixels }) => {
      const normalised = tf.div(
        tf.sub(pixels as tf.Tensor4D, tf.tensor1d([...statistics.mean])),
        tf.tensor1d([...statistics.std]),
      );
      const layers = frozenLayers(backbone, weights);
      return {
        outputs: {
          features: pool(backbone.stages.reduce((x, stage) => stage.apply(x, layers), normalised as tf.Tensor4D)),
        },
      };
    },
  });
  const pixels = Uint8Array.from({ length: 2 * SIZE * SIZE * 3 }, (_, i) => (i * 7919) % 251);
  const dims = [2, SIZE, SIZE, 3];
  const run = async (graph: Uint8Array, data: Float32Array | Uint8Array) => {
    const session = await openSession(graph, { threads: 1 });
    const { features } = await session.run({ pixels: { dims, data } });
    await session.close();
    return Array.from(features?.data ?? []);
  };
  const expected = await run(plain.bytes, Float32Array.from(pixels));
  const folded = await run(traceBody({ backbone, weights, statistics }, SIZE).bytes, pixels);
  const largest = Math.max(...expected);
  expect(largest).toBeGreaterThan(1);
  const differences = folded.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  expect(Math.max(...differences) / largest).toBeLessThan(1e-4);
});

const bodies: Body[] = (["efficientnet_lite0", "resnet18", "resnet50"] as const).map((name) => {
  const { backbone, statistics } = registryEntry(name);
  return { backbone, statistics, weights: formulaWeights(backbone) };
});

test.each(bodies)(
  "the frozen part of $backbone.name, then its trained part, is the whole body, in any batch",
  async (body) => {
    const pixels = Uint8Array.from({ length: 3 * SIZE * SIZE * 3 }, (_, i) => (i * 7919) % 251);
    const run = async (graph: Uint8Array, inputs: Parameters<Awaited<ReturnType<typeof openSession>>["run"]>[0]) => {
      const session = await openSession(graph, { threads: 1 });
      const results = await session.run(inputs);
      await session.close();
      return results;
    };
    const given = { pixels: { dims: [3, SIZE, SIZE, 3], data: pixels } };
    const { features: whole } = await run(traceBody(body, SIZE).bytes, given);
    const { activations } = await run(traceFrozenPart(body, SIZE, "body-high").bytes, given);
    if (!activations) throw new Error("The frozen part gave no activations.");
    const shape: [number, ...number[]] = [3, ...activations.dims.slice(1)];
    const rest = trace({
      inputs: { activations: { shape } },
      fn: ({ activations: x }) => {
        const parameters = [...body.weights].map(([name, { data, shape: dims }]) => [name, tf.tensor(data, [...dims])]);
        const layers = trainableLayers(body.backbone, Object.fromEntries(parameters));
        const { trained } = freezeTo(body.backbone, "body-high");
        // What a stage gives has four axes.
        return { outputs: { features: pool(trained.reduce((y, stage) => stage.apply(y, layers), x as tf.Tensor4D)) } };
      },
    });
    const { features } = await run(rest.bytes, { activations });
    const expected = Float32Array.from(whole?.data ?? []);
    const actual = Float32Array.from(features?.data ?? []);
    expect(actual.length).toBe(3 * 2 * body.backbone.channels);
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
    expect(worst / largest).toBeLessThan(1e-4);
  },
);
