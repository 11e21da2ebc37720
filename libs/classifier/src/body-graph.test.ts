import * as tf from "@tensorflow/tfjs-core";
import { openSession } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { expect, test } from "vitest";
import { pool, traceBody } from "./body-graph.ts";
import { frozenLayers } from "./frozen-layers.ts";
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
