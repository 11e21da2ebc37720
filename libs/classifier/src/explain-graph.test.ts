import { readFileSync } from "node:fs";
import { openSession } from "@ursa/tensor/session";
import { describe, expect, test } from "vitest";
import { traceExplanation } from "./explain-graph.ts";
import { formulaTensors, formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { statisticShapes, trainableShapes } from "./head.ts";
import { registryEntry } from "./weights-registry.ts";

// Numbers of PyTorch's autograd; tools/make-oracles/heat_map.py wrote them.
const { heat: oracle }: { heat: Record<number, number[][][]> } = JSON.parse(
  readFileSync(new URL("./fixtures/heat-map.json", import.meta.url), "utf8"),
);

/** As a part of the map's largest value. */
const TOLERANCE = 1e-3;

async function heatMap(size: number, index: number) {
  const { backbone, statistics } = registryEntry("resnet18");
  const headSize = { features: 2 * backbone.channels, classes: 3 };
  const head = formulaTensors(Object.entries({ ...trainableShapes(headSize), ...statisticShapes(headSize) }));
  const graph = traceExplanation({ body: { backbone, statistics, weights: formulaWeights(backbone) }, head, size });
  await using session = await openSession(graph.bytes, { threads: 2 });
  const pixels = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 7919) % 251);
  const { heat } = await session.run({
    pixels: { dims: [1, size, size, 3], data: pixels },
    class: { dims: [1, 3], data: new Float32Array(3).fill(1, index, index + 1) },
  });
  return heat;
}

describe.each([96, 161])("the heat maps of a picture of %i pixels are those of PyTorch's autograd", (size) => {
  test.each([0, 1, 2])("for class %i", async (index) => {
    const expected = oracle[size]?.[index] ?? [];
    const heat = await heatMap(size, index);
    expect(heat?.dims).toEqual([1, expected.length, expected[0]?.length]);
    const largest = Math.max(...expected.flat());
    expect(largest).toBeGreaterThan(0.01);
    for (const [i, value] of expected.flat().entries())
      expect(Math.abs((heat?.data[i] ?? Number.NaN) - value) / largest, `place ${i}`).toBeLessThan(TOLERANCE);
  });
});
