import { readFileSync } from "node:fs";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { openSession } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { describe, expect, test } from "vitest";
import { pool } from "../body-graph.ts";
import { expectStage, type StageOracle } from "../fixtures/stage-oracle.fixture.ts";
import { frozenLayers } from "../frozen-layers.ts";
import { loadBackboneWeights } from "../weights-registry.ts";
import { efficientNetLite0 } from "./efficientnet-lite.ts";

type Oracle = Record<string, StageOracle> & { pooled_first16: number[]; pooled_norm: number };

// Numbers of timm on PyTorch; see weights/README.md for what they are of.
const oracles: Record<string, Oracle> = JSON.parse(
  readFileSync(new URL("../../weights/efficientnet_lite0.oracle.json", import.meta.url), "utf8"),
);
const TOLERANCE = 1e-3;

async function runStages(size: number) {
  const weights = await loadBackboneWeights("efficientnet_lite0");
  const graph = trace({
    inputs: { x: { shape: [1, size, size, 3] } },
    fn: ({ x }) => {
      const outputs: Record<string, Tensor> = {};
      const layers = frozenLayers(efficientNetLite0, weights);
      const last = efficientNetLite0.stages.reduce((value, stage) => {
        const result = stage.apply(value, layers);
        outputs[stage.name] = result;
        return result;
      }, x as Tensor4D);
      return { outputs: { ...outputs, pooled: pool(last) } };
    },
  });
  const session = await openSession(graph.bytes, { threads: 2 });
  const data = Float32Array.from(
    { length: size * size * 3 },
    (_, i) => Math.sin(0.37 * i) + ((7919 * i) % 97) / 97 - 0.5,
  );
  const results = await session.run({ x: { dims: [1, size, size, 3], data } });
  await session.close();
  return (name: string) => ({ dims: results[name]?.dims ?? [], data: Float32Array.from(results[name]?.data ?? []) });
}

describe.each([224, 160, 193])("at %i pixels every stage agrees with timm", (size) => {
  test("shape, mean, mean magnitude, first values, and the pooled features", async () => {
    const { pooled_first16: first16, pooled_norm: norm, ...stages } = oracles[size] as Oracle;
    const result = await runStages(size);
    for (const [name, oracle] of Object.entries(stages)) {
      // The rest of an oracle's entries are stages.
      expectStage(name, result(name), oracle as unknown as StageOracle);
    }
    const average = result("pooled").data.slice(1280);
    expect(Math.abs(Math.hypot(...average) - norm) / norm).toBeLessThan(TOLERANCE);
    for (const [i, value] of first16.entries()) expect(average[i]).toBeCloseTo(value, 3);
  });
});
