// Stage 2 on drawn pictures, at 32 pixels, on the shipped body: slow for a unit test, and every part is the real one.
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EpochRow } from "@ursa/contracts/model";
import { createCompiledSteps } from "@ursa/tensor/compiled-step";
import { readSafetensors } from "@ursa/tensor/safetensors";
import { openSession } from "@ursa/tensor/session";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openActivationCache } from "./activation-cache.ts";
import { CheckpointError } from "./checkpoint.ts";
import { DRAWN_CLASSES, DRAWN_RECIPE, drawnItems, drawnViews } from "./drawn-views.fixture.ts";
import { findStage2Rate } from "./find-stage-2-rate.ts";
import { freshState } from "./fresh-state.ts";
import { statisticShapes, trainableShapes } from "./head.ts";
import type { Checkpoint } from "./stage-1-types.ts";
import { backboneStart, type WholeNetwork } from "./starting-weights.ts";
import { stopAfter } from "./stop-after.fixture.ts";
import { type Stage2Options, type TrainedNetwork, trainStage2 } from "./train-stage-2.ts";
import { COMPILED } from "./training-engine.ts";
import { DEFAULT_WEIGHTS_DIR } from "./weights-folder.ts";
import { loadBackboneWeights } from "./weights-registry.ts";

const recipe = { ...DRAWN_RECIPE, dropout: 0.1 };
const size = { features: 2560, classes: 2 };
const train = drawnItems(11, 0);

const workDir = mkdtempSync(join(tmpdir(), "ursa-stage-2-"));
const activations = await openActivationCache({ path: join(workDir, "kept"), maxBytes: 2 ** 30 });
const noRoom = await openActivationCache({ path: join(workDir, "none"), maxBytes: 0 });
afterAll(async () => {
  await Promise.all([activations, noRoom].map((cache) => cache[Symbol.asyncDispose]()));
  await rm(workDir, { recursive: true });
});

/** Stage 1 before its first step: a head that knows nothing. */
const { tensors } = freshState(size, recipe, "");
const parts = Object.keys({ ...trainableShapes(size), ...statisticShapes(size) });
const start: WholeNetwork = {
  ...(await backboneStart(recipe, DEFAULT_WEIGHTS_DIR)),
  head: new Map([...tensors].filter(([name]) => parts.includes(name))),
};

const options = (changes: Partial<Stage2Options> = {}): Stage2Options => ({
  train,
  valid: drawnItems(4, 100),
  classes: DRAWN_CLASSES,
  start,
  shared: recipe,
  recipe: { epochs: 2, rates: { lower: 1e-4, upper: 1e-3 }, batchSize: 4, trainBn: false, trainFrom: "body-low" },
  views: drawnViews,
  activations,
  engine: COMPILED,
  threads: 1,
  onProgress: () => {},
  onLog: async () => {},
  onEpoch: async () => {},
  onCheckpoint: async () => {},
  signal: new AbortController().signal,
  ...changes,
});

// Making the graph of a whole network takes seconds.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe("a whole network", () => {
  const rows: EpochRow[] = [];
  const checkpoints: Checkpoint[] = [];
  const progress: string[] = [];
  let whole: TrainedNetwork;
  beforeAll(async () => {
    whole = await trainStage2(
      options({
        async onEpoch(row, checkpoint) {
          rows.push(row);
          checkpoints.push(checkpoint);
        },
        onProgress: ({ phase, done, total }) => void progress.push(`${phase} ${done}/${total}`),
      }),
    );
  });

  test("learns, and says how far it is after every batch", () => {
    expect(progress).toEqual(Array.from({ length: 6 }, (_, i) => `train ${i + 1}/6`));
    expect(rows.map(({ stage, epoch }) => [stage, epoch])).toEqual([
      ["stage-2", 1],
      ["stage-2", 2],
    ]);
    expect(rows[1]?.trainLossEval).toBeLessThan(rows[0]?.trainLoss ?? 0);
    expect(whole.history).toEqual(rows);
  });

  test("every learned tensor of the body moves, the low layers least; the body's statistics stay", async () => {
    const before = await loadBackboneWeights("efficientnet_lite0");
    const change = (name: string) => {
      const [from, to] = [before.get(name)?.data ?? new Float32Array(), whole.body.get(name)?.data ?? []];
      return from.reduce((most, value, i) => Math.max(most, Math.abs(value - (to[i] ?? Number.NaN))), 0);
    };
    const isStatistic = (name: string) => /running_(mean|var)$/.test(name);
    for (const name of before.keys()) {
      if (isStatistic(name)) expect(change(name), name).toBe(0);
      else expect(change(name), name).toBeGreaterThan(0);
    }
    // Adam moves every weight by about its learning rate.
    expect(change("conv_stem.weight")).toBeLessThan(change("conv_head.weight"));
    expect(whole.rates).toEqual([1e-4, expect.closeTo(3.1623e-4, 7), 1e-3]);
  });

  test("goes on from a checkpoint to the same bits as the run that was never interrupted", async () => {
    const resumed = await trainStage2(options({ resumeFrom: checkpoints[0] }));
    expect(resumed.body).toEqual(whole.body);
    expect(resumed.head).toEqual(whole.head);
  });

  test("refuses a checkpoint of another run", async () => {
    const other = options({ resumeFrom: checkpoints[0], train: drawnItems(12, 0) });
    await expect(trainStage2(other)).rejects.toThrow(CheckpointError);
    const fromElsewhere = options({ resumeFrom: checkpoints[0], start: { ...start, identity: "other weights" } });
    await expect(trainStage2(fromElsewhere)).rejects.toThrow(CheckpointError);
  });
});

test("stopped within an epoch, or while one is measured, it goes on to the same bits", async () => {
  // Whatever draws random numbers, remembers an earlier epoch or follows the batches.
  const how = {
    shared: { ...recipe, mixup: 0.4, oversample: true, keepBest: true, earlyStop: 1 },
    recipe: { epochs: 2, rates: { lower: 1e-4, upper: 1e-3 }, batchSize: 6, trainBn: true, trainFrom: "body-low" },
  };
  const whole = await trainStage2(options(how));
  for (const stopAt of [1, 4]) {
    const resumeFrom = await stopAfter(stopAt, (changes) => trainStage2(options({ ...how, ...changes })));
    expect(resumeFrom).toMatchObject({ epoch: stopAt === 1 ? 0 : 1, batch: stopAt === 1 ? 1 : 2 });
    const resumed = await trainStage2(options({ ...how, resumeFrom }));
    expect(resumed.body).toEqual(whole.body);
    expect(resumed.head).toEqual(whole.head);
  }
});

test("the finder trains a copy, past the end of an epoch, and can be stopped", async () => {
  const steps: string[] = [];
  const controller = new AbortController();
  const before = structuredClone(start.head);
  const running = findStage2Rate({
    ...options({ signal: controller.signal }),
    onProgress({ phase, done, total }) {
      steps.push(`${phase} ${done}/${total}`);
      if (done === 4) controller.abort(new Error("seen enough"));
    },
  });
  await expect(running).rejects.toThrow("seen enough");
  expect(steps).toEqual(["lr-find 1/100", "lr-find 2/100", "lr-find 3/100", "lr-find 4/100"]);
  expect(start.head).toEqual(before);
});

test("the finder, stopped within an epoch, goes on with the same bits as one that was not stopped there", async () => {
  const how = {
    shared: { ...recipe, mixup: 0.4, oversample: true },
    recipe: { epochs: 2, batchSize: 4, trainBn: true, trainFrom: "body-low" },
  };
  await using steps = createCompiledSteps(openSession);
  const engine = { name: "compiled", openStep: steps.openStep } as const;
  const find = (changes: Partial<Stage2Options>) => findStage2Rate(options({ ...how, engine, ...changes }));
  // Three batches are an epoch.
  const straight = await stopAfter(5, find);
  const early = await stopAfter(4, find);
  const resumed = await stopAfter(5, (changes) => find({ ...changes, resumeFrom: early }));
  expect(resumed.batch).toBe(straight.batch);
  const numbersOf = ({ bytes }: Checkpoint) => {
    const { tensors, metadata } = readSafetensors(bytes);
    const { losses, random } = JSON.parse(metadata.position ?? "");
    return { tensors, losses, random };
  };
  expect(numbersOf(resumed).losses).toHaveLength(5);
  expect(numbersOf(resumed)).toEqual(numbersOf(straight));
  const other = find({ resumeFrom: early, train: drawnItems(12, 0) });
  await expect(other).rejects.toThrow(CheckpointError);
});

test("stage 2 goes on with the finder's session, and learns the same bits as with its own", async () => {
  const open = vi.fn(openSession);
  await using steps = createCompiledSteps(open);
  const engine = { name: "compiled", openStep: steps.openStep } as const;
  const controller = new AbortController();
  const seen = findStage2Rate({
    ...options({ engine, signal: controller.signal }),
    onProgress: ({ done }) => done === 2 && controller.abort(new Error("seen enough")),
  });
  await expect(seen).rejects.toThrow("seen enough");
  const shared = await trainStage2(options({ engine }));
  expect(open).toHaveBeenCalledTimes(1);
  const own = await trainStage2(options());
  expect(shared.body).toEqual(own.body);
  expect(shared.head).toEqual(own.head);
});

test("a suggestion beyond a third of the upper rate is cut, and the log says so", async () => {
  const logs: string[] = [];
  const { rates } = await trainStage2(
    options({
      recipe: { epochs: 1, batchSize: 11, trainBn: false, trainFrom: "body-low" },
      found: { suggestions: { valley: 5e-3, steepest: 1e-2 } },
      onLog: async (message) => void logs.push(message),
    }),
  );
  expect(rates).toEqual([1e-4, expect.closeTo(1.732e-4, 7), expect.closeTo(3e-4, 12)]);
  expect(logs).toEqual([expect.stringMatching(/suggests 5e-3 .* they use 1e-4/)]);
});

test("with trainBn the body's running statistics follow the batches; slice(x) is x / 10 below the head", async () => {
  const before = await loadBackboneWeights("efficientnet_lite0");
  const { body, rates, stage2 } = await trainStage2(
    options({ recipe: { epochs: 1, rates: { upper: 1e-4 }, batchSize: 4, trainBn: true, trainFrom: "body-low" } }),
  );
  const name = "blocks.0.0.bn1.running_mean";
  expect(body.get(name)?.data).not.toEqual(before.get(name)?.data);
  expect(rates).toEqual([1e-5, 1e-5, 1e-4]);
  expect(stage2.rates).toEqual({ upper: 1e-4 });
});

describe("a network trained from blocks.5 up", () => {
  const part = { epochs: 2, rates: { lower: 1e-4, upper: 1e-3 }, batchSize: 4, trainBn: true, trainFrom: "blocks.5" };
  const isAbove = (name: string) => /^(blocks\.[56]|conv_head|bn2)\./.test(name);
  const asked: string[] = [];
  const views: Stage2Options["views"] = {
    trainViews: (item, ...rest) => drawnViews.trainViews(item, ...rest),
    validView(item, ...rest) {
      asked.push(item.key);
      return drawnViews.validView(item, ...rest);
    },
  };
  let kept: TrainedNetwork;
  beforeAll(async () => {
    kept = await trainStage2(options({ recipe: part, views }));
  });

  test("leaves what is below as it was, statistics included, and moves what is above", async () => {
    const before = await loadBackboneWeights("efficientnet_lite0", DEFAULT_WEIGHTS_DIR);
    for (const [name, { data }] of before) {
      if (isAbove(name)) expect(kept.body.get(name)?.data, name).not.toEqual(data);
      else expect(kept.body.get(name)?.data, name).toEqual(data);
    }
    expect([...before.keys()].filter(isAbove).length).toBeGreaterThan(50);
    expect(kept.rates, "of the upper half and the head").toEqual([1e-4, 1e-3]);
  });

  test("sees every validation picture once, and not again when it is trained again", async () => {
    expect(asked.toSorted()).toEqual(drawnItems(4, 100).map(({ key }) => key));
    const again = await trainStage2(options({ recipe: part, views }));
    expect(again.history.map(({ validLoss }) => validLoss)).toEqual(kept.history.map(({ validLoss }) => validLoss));
    expect(asked).toHaveLength(4);
  });

  test("without room for activations it learns the same, and looks again", async () => {
    asked.length = 0;
    const again = await trainStage2(options({ recipe: part, views, activations: noRoom }));
    expect(again.body).toEqual(kept.body);
    expect(again.history.map(({ validLoss }) => validLoss)).toEqual(kept.history.map(({ validLoss }) => validLoss));
    expect(asked).toHaveLength(8);
  });
});

test("mixup changes what is learned, and needs the pictures themselves", async () => {
  const once = { epochs: 1, rates: { upper: 1e-4 }, batchSize: 6, trainBn: false, trainFrom: "body-low" };
  const [plain, mixed] = [
    await trainStage2(options({ recipe: once })),
    await trainStage2(options({ recipe: once, shared: { ...recipe, mixup: 0.4 } })),
  ];
  expect(mixed.head).not.toEqual(plain.head);
  const frozen = options({ recipe: { ...once, trainFrom: "blocks.5" }, shared: { ...recipe, mixup: 0.4 } });
  await expect(trainStage2(frozen)).rejects.toThrow("nothing of the network may be frozen");
});

test("a part that the backbone does not have is refused with those it has", async () => {
  const recipe = { epochs: 1, batchSize: 4, trainBn: false, trainFrom: "layer4" };
  await expect(trainStage2(options({ recipe }))).rejects.toThrow(
    "no part layer4; there are body-low, body-high, head, stem",
  );
});
