import type { Classifier } from "@ursa/classifier/predict";
import type { Item } from "@ursa/contracts/dataset";
import { ImageRefused } from "@ursa/imaging/image-refused";
import { createMetrics } from "@ursa/service/metrics";
import { keys } from "@ursa/store/keys";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { answerRows } from "./answer-rows.ts";

const sha = (index: number) => index.toString(16).padStart(64, "0");
const row = (index: number, more: Partial<Item> = {}): Item => ({
  ...{
    index,
    key: `key-${index}`,
    class: "",
    url: `http://bears/${index}`,
    outcome: "ok",
    source: "urls",
    line: index,
  },
  ...{ sha256: sha(index), ...more },
});

/** A picture is one byte; its view is that byte, and the network is sure of class `byte % 2`. */
function parts() {
  const batches: number[] = [];
  const classifier: Classifier = {
    ...{ classes: ["even", "odd"], size: 1, bytes: 1 },
    async predict(views) {
      batches.push(views.length);
      return views.map(([byte = 0]) => Float32Array.of(1 - (byte % 2), byte % 2));
    },
    close: async () => {},
  };
  const decoders = {
    async view(bytes: Uint8Array) {
      if (bytes[0] === 13) throw new ImageRefused("corrupt_image", "it ends too early");
      return bytes;
    },
    /** The plain view, and eight that are sure of the other class. */
    ttaViews: async (bytes: Uint8Array) => [bytes, ...Array.from({ length: 8 }, () => bytes.map((byte) => byte + 1))],
  };
  return { classifier, decoders, batches, metrics: createMetrics("test") };
}

type Asked = { stored?: (index: number) => boolean; tta?: boolean };

async function answer(rows: Item[], source: "items" | "urls", { stored = () => true, tta = false }: Asked = {}) {
  await using scratch = await createScratchFolder();
  const store = await openStore(`file://${scratch.path}`);
  for (const { index } of rows.filter(({ index }) => stored(index)))
    await store.put(keys.image("default", sha(index)), Uint8Array.of(index));
  const { batches, ...rest } = parts();
  const progress: number[] = [];
  const answers = await answerRows({
    ...{ store, rows, ...rest, prediction: { namespace: "default", source, tta } },
    onProgress: (done) => progress.push(done),
    signal: new AbortController().signal,
  });
  return { answers, progress, batches, told: await rest.metrics.render() };
}

test("every row is answered in order, in batches of sixteen", async () => {
  const rows = Array.from({ length: 40 }, (_, index) => row(index * 2));
  const { answers, progress, batches, told } = await answer(rows, "items");
  expect(answers.map(({ index }) => index)).toEqual(rows.map(({ index }) => index));
  expect(told).toContain('ursa_predict_pictures_total{mode="batch",service="test"} 40');
  expect(told).toContain('ursa_predict_batch_size_count{service="test"} 3');
  expect(answers[3]).toEqual({
    ...{ index: 6, input: "key-6", outcome: "ok", class: "even", probability: 1 },
    predictions: [
      ["even", 1],
      ["odd", 0],
    ],
  });
  expect([progress, batches]).toEqual([
    [16, 32, 40],
    [16, 16, 8],
  ]);
});

test("a bad picture is an answer, and its neighbours keep theirs", async () => {
  const { answers } = await answer([row(12), row(13), row(14), row(15)], "items", { stored: (index) => index !== 14 });
  expect(answers).toMatchObject([
    { index: 12, outcome: "ok", class: "even" },
    { index: 13, outcome: "corrupt_image", reason: "it ends too early" },
    { index: 14, outcome: "worker_failed", reason: "its stored picture is missing" },
    { index: 15, outcome: "ok", class: "odd" },
  ]);
  expect(answers[1]).not.toHaveProperty("class");
});

test("with test-time augmentation an answer is of nine views, and a bad picture is still only its own", async () => {
  const { answers, batches } = await answer([row(12), row(14)], "items", {
    tta: true,
    stored: (index) => index !== 14,
  });
  expect(batches).toEqual([9]);
  // 0.4 of the plain view, which is sure of even, and 0.6 of the eight that are sure of odd.
  expect(answers[0]).toMatchObject({ class: "odd", probability: expect.closeTo(0.6, 6) });
  expect(answers[1]).toMatchObject({ outcome: "worker_failed" });
});

test("a URL that could not be fetched keeps its outcome and reason", async () => {
  const failed = row(1, { outcome: "dns_error", reason: "no such host" });
  const { answers } = await answer([row(0), failed], "urls");
  expect(answers[1]).toEqual({ index: 1, input: "http://bears/1", outcome: "dns_error", reason: "no such host" });
  expect(answers[0]).toMatchObject({ input: "http://bears/0", class: "even" });
});

test("a shard without one usable picture is answered without the network", async () => {
  const { answers } = await answer([row(1, { outcome: "timeout" })], "urls");
  expect(answers).toMatchObject([{ outcome: "timeout" }]);
});

test("a store that fails ends the shard, so that it is tried again", async () => {
  const away = new Error("away");
  await using scratch = await createScratchFolder();
  const store = { ...(await openStore(`file://${scratch.path}`)), get: () => Promise.reject(away) };
  const { batches: _, ...rest } = parts();
  const options = { onProgress: () => {}, signal: new AbortController().signal };
  const prediction = { namespace: "default", source: "items" } as const;
  await expect(answerRows({ store, rows: [row(1)], ...rest, prediction, ...options })).rejects.toBe(away);
});

test("a worker that is told to stop does so between batches", async () => {
  await using scratch = await createScratchFolder();
  const store = await openStore(`file://${scratch.path}`);
  const { batches, ...rest } = parts();
  const stop = new AbortController();
  const rows = Array.from({ length: 64 }, (_, index) => row(index));
  const prediction = { namespace: "default", source: "items" } as const;
  const onProgress = () => stop.abort(new Error("stopping"));
  const answers = answerRows({ store, rows, ...rest, prediction, onProgress, signal: stop.signal });
  await expect(answers).rejects.toThrow("stopping");
  expect(batches).toHaveLength(1);
});
