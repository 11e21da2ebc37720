import { readFileSync } from "node:fs";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { openSession } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { describe, expect, test } from "vitest";
import { pool } from "../body-graph.ts";
import { formulaPicture, formulaWeights } from "../fixtures/formula-weights.fixture.ts";
import { expectStage, type StageOracle } from "../fixtures/stage-oracle.fixture.ts";
import { frozenLayers } from "../frozen-layers.ts";
import type { Backbone } from "./backbone.ts";
import { resNet18, resNet34, resNet50 } from "./resnet.ts";

type Oracle = { maps: Record<string, StageOracle>; pooled: { first: number[]; norm: number } };

const SIZES = [224, 97] as const;

// Numbers of timm on PyTorch; tools/make-oracles/resnet.py wrote them.
const { stages: oracles }: { stages: Record<string, Record<(typeof SIZES)[number], Oracle>> } = JSON.parse(
  readFileSync(new URL("../fixtures/resnet.json", import.meta.url), "utf8"),
);

async function runStages(backbone: Backbone, size: number) {
  const graph = trace({
    inputs: { x: { shape: [1, size, size, 3] } },
    fn: ({ x }) => {
      const outputs: Record<string, Tensor> = {};
      const layers = frozenLayers(backbone, formulaWeights(backbone));
      const last = backbone.stages.reduce((value, stage) => {
        const result = stage.apply(value, layers);
        outputs[stage.name] = result;
        return result;
        // The input was declared with four axes.
      }, x as Tensor4D);
      return { outputs: { ...outputs, pooled: pool(last) } };
    },
  });
  const session = await openSession(graph.bytes, { threads: 2 });
  const results = await session.run({ x: { dims: [1, size, size, 3], data: formulaPicture(1, size) } });
  await session.close();
  return (name: string) => ({ dims: results[name]?.dims ?? [], data: Float32Array.from(results[name]?.data ?? []) });
}

// At an odd side the padding differs from stage to stage: 97 becomes 49, 25, 13, 7 and 4.
describe.each([resNet18, resNet34, resNet50])("every stage of $name agrees with timm", (backbone) => {
  test.each(SIZES)("at %i pixels", async (size) => {
    const oracle = oracles[backbone.name];
    if (!oracle) throw new Error(`The fixture has no ${backbone.name}.`);
    const { maps, pooled } = oracle[size];
    const result = await runStages(backbone, size);
    expect(Object.keys(maps)).toEqual(backbone.stages.map(({ name }) => name));
    for (const [name, expected] of Object.entries(maps)) expectStage(name, result(name), expected);
    const average = result("pooled").data.slice(backbone.channels);
    expect(Math.hypot(...average) / pooled.norm).toBeCloseTo(1, 3);
    for (const [i, value] of pooled.first.entries()) expect(average[i]).toBeCloseTo(value, 3);
  });
});
