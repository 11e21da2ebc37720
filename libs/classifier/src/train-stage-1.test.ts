// Stage 1 on drawn pictures, at 32 pixels: small enough for a unit test, through every part of the real thing.
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EpochRow } from "@ursa/contracts/model";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CheckpointError } from "./checkpoint.ts";
import { DRAWN_CLASSES, DRAWN_RECIPE, drawnItems, drawnViews } from "./drawn-views.fixture.ts";
import { exportStage1 } from "./export-stage-1.fixture.ts";
import { type FindStage1RateOptions, findStage1Rate } from "./find-stage-1-rate.ts";
import { fitHead } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import { loadClassifier, ModelIntegrityError } from "./predict.ts";
import type { Checkpoint, TrainedHead, ViewSource } from "./stage-1-types.ts";
import { backboneStart, readNetwork } from "./starting-weights.ts";
import { stopAfter } from "./stop-after.fixture.ts";
import { type Stage1Options, trainStage1 } from "./train-stage-1.ts";
import { COMPILED } from "./training-engine.ts";
import { DEFAULT_WEIGHTS_DIR } from "./weights-folder.ts";

const recipe = DRAWN_RECIPE;
const start = await backboneStart(recipe, DEFAULT_WEIGHTS_DIR);

let workDir: string;
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), "ursa-stage-1-"));
});
afterEach(() => rm(workDir, { recursive: true }));

const options = (changes: Partial<Stage1Options> = {}): Stage1Options => ({
  train: drawnItems(19, 0),
  valid: drawnItems(8, 100),
  classes: DRAWN_CLASSES,
  recipe,
  start,
  views: drawnViews,
  workDir,
  maxActivationBytes: 2 ** 30,
  engine: COMPILED,
  onLog: async () => {},
  threads: 1,
  onProgress: () => {},
  onEpoch: async () => {},
  onCheckpoint: async () => {},
  signal: new AbortController().signal,
  ...changes,
});

const info = {
  modelId: "model_1",
  createdAt: "2025-01-01T00:00:00.000Z",
  dataset: { id: "dataset_1", version: 2, manifestSha256: "ab".repeat(32) },
};

describe("training", () => {
  test("learns, says how far it is, and measures every epoch", async () => {
    const rows: EpochRow[] = [];
    const progress: string[] = [];
    const trained = await trainStage1(
      options({
        onEpoch: async (row) => void rows.push(row),
        onProgress: ({ phase, done, total }) => void progress.push(`${phase} ${done}/${total}`),
      }),
    );
    expect(progress.at(0)).toBe("features 8/65");
    expect(progress).toContain("features 65/65");
    // Also within an epoch: 19 pictures are three batches.
    const steps = Array.from({ length: 9 }, (_, i) => `train ${i + 1}/9`);
    expect(progress.filter((line) => line.startsWith("train"))).toEqual(steps);
    expect(trained.history).toEqual(rows);
    expect(rows.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    const last = rows.at(-1);
    expect(last).toMatchObject({ stage: "stage-1", wrong: 0, validCount: 8, errorRate: 0, errorRateLow: 0 });
    expect(last?.errorRateHigh).toBeCloseTo(0.3244, 3);
    expect(last?.trainLossEval).toBeLessThan(rows[0]?.trainLoss ?? 0);
    // What a diagnosis goes by.
    expect(last).toMatchObject({ trainWrong: 0, trainCount: 19, wrongByClass: [0, 0] });
    expect(last?.validLossError).toBeLessThan(last?.validLoss ?? 0);
  });

  test("where disk is scarce, epochs see the views that there is room for, and the log says so", async () => {
    const lines: string[] = [];
    const onLog = async (line: string) => void lines.push(line);
    const rowBytes = 2560 * 4;
    // Of three views of 19 pictures two fit beside the 8 for validation, one byte less than a third.
    const trained = await trainStage1(options({ onLog, maxActivationBytes: rowBytes * (8 + 3 * 19) - 1 }));
    expect(lines).toEqual([expect.stringContaining("sees 2 augmented views of each picture and not 3")]);
    const sizes = await Promise.all(
      (await readdir(workDir)).map(async (name) => (await stat(join(workDir, name))).size),
    );
    // Two views of 19 pictures, and one of those for validation.
    expect(Math.max(...sizes)).toBe(2 * 19 * 2560 * 4);
    expect(trained.history).toHaveLength(3);
  });

  test("a learning curve is measured where it is asked for, and changes nothing of the run", async () => {
    const plain = await trainStage1(options());
    const asked = await trainStage1(options({ learningCurve: true }));
    expect(plain.learningCurve).toBeUndefined();
    expect(asked.learningCurve).toMatchObject([
      { fraction: 0.25, trainCount: 5, validCount: 8 },
      { fraction: 0.5, trainCount: 10, validCount: 8 },
      { fraction: 1, trainCount: 19, validCount: 8, wrong: 0 },
    ]);
    expect(asked.head).toEqual(plain.head);
    const head = await trainStage1(options({ learningCurve: true, start: { ...start, head: plain.head } }));
    expect(head.learningCurve, "of a head that has seen all pictures").toBeUndefined();
  });

  test("goes on from a checkpoint to the same bits as a run that was never interrupted", async () => {
    const checkpoints: Checkpoint[] = [];
    const whole = await trainStage1(
      options({ onEpoch: async (_row, checkpoint) => void checkpoints.push(checkpoint) }),
    );
    await rm(workDir, { recursive: true });
    workDir = await mkdtemp(join(tmpdir(), "ursa-stage-1-"));
    const seen: number[] = [];
    const resumeFrom = checkpoints[0] as Checkpoint;
    const resumed = await trainStage1(options({ resumeFrom, onEpoch: async ({ epoch }) => void seen.push(epoch) }));
    expect(seen).toEqual([2, 3]);
    expect(resumed.head).toEqual(whole.head);
    const untimed = (rows: EpochRow[]) => rows.map((row) => ({ ...row, seconds: 0 }));
    expect(untimed(resumed.history)).toEqual(untimed(whole.history));
  });

  test("stopped after any batch, or while an epoch is measured, it goes on to the same bits", async () => {
    // Whatever draws random numbers or remembers an earlier epoch.
    const how = { recipe: { ...recipe, oversample: true, keepBest: true, earlyStop: 2 }, train: drawnItems(15, 0) };
    const whole = await trainStage1(options(how));
    const stepsOf = ({ history }: TrainedHead) => history.length * 2;
    for (let stopAt = 1; stopAt <= stepsOf(whole); stopAt += 1) {
      const stopped = await stopAfter(stopAt, (changes) => trainStage1(options({ ...how, ...changes })));
      expect(stopped).toMatchObject({ epoch: Math.ceil(stopAt / 2) - 1, batch: 2 - (stopAt % 2) });
      const steps: number[] = [];
      const onProgress: Stage1Options["onProgress"] = ({ phase, done }) => void (phase === "train" && steps.push(done));
      const resumed = await trainStage1(options({ ...how, resumeFrom: stopped, onProgress }));
      expect(steps.at(0) ?? stopAt + 1).toBe(stopAt + 1);
      expect(resumed.head).toEqual(whole.head);
      expect(resumed.history.map((row) => ({ ...row, seconds: 0 }))).toEqual(
        whole.history.map((row) => ({ ...row, seconds: 0 })),
      );
    }
  });

  test("activations that are there already are not computed again", async () => {
    await trainStage1(options());
    const files = await readdir(workDir);
    expect(files).toHaveLength(2);
    const untouchable: ViewSource = {
      trainViews: () => Promise.reject(new Error("asked for a view")),
      validView: () => Promise.reject(new Error("asked for a view")),
    };
    await expect(trainStage1(options({ views: untouchable }))).resolves.toMatchObject({ trainCount: 19 });
  });

  test("a damaged checkpoint and one of another run are refused", async () => {
    const checkpoints: Checkpoint[] = [];
    await trainStage1(options({ onEpoch: async (_row, checkpoint) => void checkpoints.push(checkpoint) }));
    const good = checkpoints[0] as Checkpoint;
    const damaged = { ...good, bytes: good.bytes.with(good.bytes.length - 1, 255 - (good.bytes.at(-1) ?? 0)) };
    await expect(trainStage1(options({ resumeFrom: damaged }))).rejects.toThrow("sha256");
    const other = options({ resumeFrom: good, recipe: { ...recipe, seed: 4 } });
    await expect(trainStage1(other)).rejects.toThrow("another recipe");
    const elsewhere = options({ resumeFrom: good, start: { ...start, identity: "other weights" } });
    await expect(trainStage1(elsewhere)).rejects.toThrow("another recipe");
  });

  test("an error while making a view ends the run with that error", async () => {
    const broken: ViewSource = { ...drawnViews, trainViews: () => Promise.reject(new Error("no such shard")) };
    await expect(trainStage1(options({ views: broken }))).rejects.toThrow("no such shard");
  });

  test("pictures with labels outside the classes, or none on one side, are refused", async () => {
    await expect(trainStage1(options({ valid: [] }))).rejects.toThrow("both sides of the split");
    await expect(trainStage1(options({ train: [{ key: "x-1", label: 2 }] }))).rejects.toThrow("label 2");
  });
});

describe("an abort", () => {
  test("while activations are computed ends the run within a batch", async () => {
    const controller = new AbortController();
    let asked = 0;
    const counting: ViewSource = {
      ...drawnViews,
      trainViews(item, augmentations, signal) {
        asked += augmentations.length;
        return drawnViews.trainViews(item, augmentations, signal);
      },
    };
    const onProgress = () => controller.abort(new Error("stop"));
    const run = trainStage1(
      options({ train: drawnItems(100, 0), views: counting, onProgress, signal: controller.signal }),
    );
    await expect(run).rejects.toThrow("stop");
    expect(asked).toBeLessThanOrEqual(32);
    expect((await readdir(workDir)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  test("while the head trains ends the run within a batch", async () => {
    const controller = new AbortController();
    const size = { features: 4, classes: 2 };
    let batches = 0;
    const features = {
      count: 64,
      rows: async (indices: readonly number[]) => {
        batches += 1;
        if (batches === 3) controller.abort(new Error("stop"));
        return new Float32Array(indices.length * 4);
      },
      close: async () => {},
    };
    const labelled = { features, labels: drawnItems(64, 0).map(({ label }) => label) };
    const run = fitHead({
      ...recipe,
      classWeights: [1, 1],
      batchSize: 8,
      size,
      trainViews: [labelled],
      valid: labelled,
      engine: COMPILED,
      threads: 1,
      start: freshState(size, recipe, "x"),
      onStep: () => {},
      onEpoch: async () => {},
      onPlace: async () => {},
      onLog: async () => {},
      signal: controller.signal,
    });
    await expect(run).rejects.toThrow("stop");
    expect(batches).toBe(3);
  });
});

describe("the exported model", () => {
  let trained: TrainedHead;
  beforeAll(async () => {
    const ownDir = await mkdtemp(join(tmpdir(), "ursa-stage-1-"));
    trained = await trainStage1(options({ workDir: ownDir }));
    await rm(ownDir, { recursive: true });
  });

  test("computes what training computed, for any batch, from plain pixels", async () => {
    const { files } = await exportStage1(trained, info);
    const bytesOf = (name: string) => files.find((file) => file.name === name)?.bytes ?? new Uint8Array();
    await using model = await closing({ modelJson: bytesOf("model.json"), modelOnnx: bytesOf("model.onnx") });
    expect(model.classes).toEqual(["stripes", "squares"]);
    const { valid: items, signal } = options();
    const valid = await Promise.all(items.map((item) => drawnViews.validView(item, signal)));
    const together = await model.predict(valid);
    const loss = together.reduce((sum, p, i) => sum - Math.log(p[i % 2] ?? 0), 0) / together.length;
    expect(loss).toBeCloseTo(trained.history.at(-1)?.validLoss ?? 0, 4);
    for (const [i, view] of valid.entries()) {
      const [alone] = await model.predict([view]);
      expect(alone?.[0]).toBeCloseTo(together[i]?.[0] ?? 0, 5);
    }
  });

  test("is the same bytes for the same run, and names its files and lineage", async () => {
    const [first, second] = [await exportStage1(trained, info), await exportStage1(trained, info)];
    expect(first.files.map(({ sha256 }) => sha256)).toEqual(second.files.map(({ sha256 }) => sha256));
    const card = JSON.parse(new TextDecoder().decode(first.files.find(({ name }) => name === "model.json")?.bytes));
    expect(card).toMatchObject({ modelId: "model_1", dataset: info.dataset, classes: ["stripes", "squares"] });
    expect(card.files[0]).toMatchObject({ name: "model.onnx", sha256: first.files[0]?.sha256 });
  });

  test("goes on: another run starts with its head, and the finder looks at it without moving it", async () => {
    const { files } = await exportStage1(trained, info);
    const from = readNetwork(files.find(({ name }) => name === "weights.safetensors")?.bytes ?? new Uint8Array());
    expect(from.head).toEqual(trained.head);
    const more = options({ start: from, recipe: { ...recipe, epochs: 1, learningRate: 1e-7 } });
    const { history } = await trainStage1(more);
    expect(history[0]?.validLoss).toBeCloseTo(trained.history.at(-1)?.validLoss ?? 0, 1);
    const fresh = await trainStage1({ ...more, start });
    expect(fresh.history[0]?.validLoss).toBeGreaterThan(2 * (history[0]?.validLoss ?? 0));
    const told: string[] = [];
    const onProgress: FindStage1RateOptions["onProgress"] = ({ phase }) => void told.push(phase);
    const { points, suggestions } = await findStage1Rate({ ...more, start, onProgress });
    expect(points[0]?.learningRate).toBe(1e-7);
    expect(told.filter((phase) => phase === "lr-find").length).toBeGreaterThanOrEqual(points.length);
    const lowest = Math.min(...points.map(({ smoothedLoss }) => smoothedLoss));
    expect(lowest).toBeLessThan((points[0]?.smoothedLoss ?? 0) / 2);
    expect(suggestions?.valley).toBeGreaterThan(1e-6);
    expect(suggestions?.valley).toBeLessThan(1);
    expect(from.head).toEqual(trained.head);
  });

  test("the finder, stopped or killed, goes on behind its checkpoint to the same curve", {
    timeout: 120_000,
  }, async () => {
    const how = options({ recipe: { ...recipe, oversample: true } });
    const kept: Checkpoint[] = [];
    const { seconds: _, ...whole } = await findStage1Rate({
      ...how,
      onCheckpoint: async (checkpoint) => void kept.push(checkpoint),
    });
    expect(whole.points.length, "steps enough for a checkpoint on the way").toBeGreaterThan(25);
    expect(kept).toHaveLength(Math.floor(whole.points.length / 25));
    // Three batches are an epoch.
    const stopped = await stopAfter(4, (changes) => findStage1Rate({ ...how, ...changes }));
    const killed = kept.at(-1);
    for (const resumeFrom of [stopped, ...(killed ? [killed] : [])]) {
      const told: number[] = [];
      const onProgress: FindStage1RateOptions["onProgress"] = ({ phase, done }) =>
        void (phase === "lr-find" && told.push(done));
      const { seconds: __, ...resumed } = await findStage1Rate({ ...how, resumeFrom, onProgress });
      expect(resumed).toEqual(whole);
      expect(told[0]).toBe(3 * resumeFrom.epoch + resumeFrom.batch + 1);
    }
    const elsewhere = findStage1Rate({ ...how, resumeFrom: stopped, start: { ...start, identity: "other weights" } });
    await expect(elsewhere).rejects.toThrow(CheckpointError);
  });

  test("is refused when its bytes are not those the card names, and a view of another size is refused", async () => {
    const { files } = await exportStage1(trained, info);
    const bytesOf = (name: string) => files.find((file) => file.name === name)?.bytes ?? new Uint8Array();
    const given = { modelJson: bytesOf("model.json"), modelOnnx: bytesOf("model.onnx") };
    const tampered = given.modelOnnx.with(1000, (given.modelOnnx[1000] ?? 0) ^ 1);
    await expect(loadClassifier({ ...given, modelOnnx: tampered }, { threads: 1 })).rejects.toThrow(
      ModelIntegrityError,
    );
    const noCard = loadClassifier({ ...given, modelJson: new TextEncoder().encode("{}") }, { threads: 1 });
    await expect(noCard).rejects.toThrow(ModelIntegrityError);
    await using model = await closing(given);
    await expect(model.predict([new Uint8Array(10)])).rejects.toThrow(RangeError);
  });
});

async function closing(files: { modelJson: Uint8Array; modelOnnx: Uint8Array }) {
  const classifier = await loadClassifier(files, { threads: 1 });
  return { ...classifier, [Symbol.asyncDispose]: () => classifier.close() };
}
