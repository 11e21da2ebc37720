// Which weights are drawn to zero: those of convolutions and linear layers, body and head alike, and nothing else.
import { findChannelBlock } from "@ursa/tensor/channel-block";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import { sizeOf } from "@ursa/tensor/layout";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import { expect, test } from "vitest";
import { rateFeeds } from "./fit-network.ts";
import { formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { freshOptimizer } from "./fresh-state.ts";
import { initialHead } from "./head.ts";
import { type Learned, learnedOf } from "./network.ts";
import { type NetworkStepOptions, networkStep } from "./network-graphs.ts";
import { createRandom } from "./random.ts";
import { adamFeeds, dropoutFeeds, labelFeeds } from "./step-feeds.ts";
import { registryEntry } from "./weights-registry.ts";

const { backbone, statistics } = registryEntry("efficientnet_lite0");
const [BATCH, SIZE, CLASSES] = [2, 32, 3];
const HEAD = { features: 2 * backbone.channels, classes: CLASSES };
const LEARNED = learnedOf(backbone, HEAD);
/** As `rateFeeds` takes them: body low, body high, head. */
const RATES = { "body-low": 1e-4, "body-high": 2e-4, head: 4e-4 };
/** So much that what is left over from the step itself does not blur it. */
const DECAY = 100;

test("a step draws each decayed weight to zero by rate x decay, and leaves norms and biases alone", async () => {
  const [without, withDecay] = [await stepOnce(0), await stepOnce(DECAY)];
  expect(LEARNED.filter(({ isDecayed }) => isDecayed).length).toBeGreaterThan(50);
  for (const learned of LEARNED) {
    const drawn = pairs(without.after, withDecay.after, learned).map(([plain, decayed]) => plain - decayed);
    const start = without.before.get(learned.name)?.data ?? new Float32Array();
    const share = learned.isDecayed ? RATES[learned.group] * DECAY : 0;
    const off = largest(drawn.map((value, i) => value - share * (start[i] ?? Number.NaN)));
    expect(drawn.length, learned.name).toBe(sizeOf(learned.shape));
    expect(off, learned.name).toBeLessThanOrEqual(1e-6 * Math.max(1, largest(start)));
  }
});

/** NaN where one of them is none. */
const largest = (values: Iterable<number>): number => {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};

const pairs = (a: Map<string, StoredTensor>, b: Map<string, StoredTensor>, { name }: Learned): [number, number][] =>
  [...(a.get(name)?.data ?? [])].map((value, i) => [value, b.get(name)?.data[i] ?? Number.NaN]);

async function stepOnce(weightDecay: number) {
  const options: NetworkStepOptions = {
    ...{ backbone, statistics, size: SIZE, head: HEAD, batch: BATCH, weightDecay, trainBn: false },
    ...{ trainFrom: "body-low", channelBlock: await findChannelBlock() },
  };
  const before = new Map([...formulaWeights(backbone), ...initialHead(HEAD, createRandom(0))]);
  // Decay would not show on what begins at 0.
  for (const { data } of before.values()) if (data.every((value) => value === 0)) data.fill(0.1);
  const optimizer = freshOptimizer(LEARNED.map(({ name, shape }) => [name, shape]));
  await using step = await openCompiledStep(networkStep(options), {
    state: new Map([...before, ...optimizer]),
    threads: 2,
  });
  const random = createRandom(1);
  await step.run({
    pixels: {
      dims: [BATCH, SIZE, SIZE, 3],
      data: Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, () => random.uniform(0, 256)),
    },
    ...labelFeeds([0, 1], BATCH, { labelSmoothing: 0, classWeights: [1, 1, 1] }),
    ...dropoutFeeds({ batch: BATCH, size: HEAD, dropout: 0 }, random),
    ...adamFeeds(0.9, 1),
    ...rateFeeds(options, Object.values(RATES)),
  });
  return { before, after: step.state };
}
