import { text } from "node:stream/consumers";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import type { ObjectStore } from "@ursa/store/object-store";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { hasAnswers, writeAnswers } from "./answers.ts";
import { collectPrediction } from "./collect.ts";
import { makeDataset, NEVER, openScratchStore, planLists, TOLD } from "./dataset.fixture.ts";
import { fetchShard } from "./fetch-shard.ts";
import { type PredictionPlan, planPrediction } from "./plan-prediction.ts";
import { readPredictionShard, unanswered } from "./prediction-shard.ts";
import { resultsCsv } from "./results.ts";
import { parseUrlList } from "./url-list.ts";

const OWNER = { namespace: "default", id: "prd_01J00000000000000000000000" };
const CLASSES = ["a", "=b", "class"];
const urls = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `https://e.org/ok/${name}${n}-${n}`);

function recordOf(source: Prediction["source"], plan: PredictionPlan, fence = 1): Prediction {
  const now = new Date(0).toISOString();
  const times = { createdAt: now, updatedAt: now, enqueued: 1, fence };
  return {
    ...OWNER,
    ...times,
    ...plan,
    source,
    state: "running",
    model: "mdl_01J00000000000000000000000",
    classes: CLASSES,
  };
}

/** As an inferer does: what has a picture is answered, the rest says why not. */
async function answer(store: ObjectStore, record: Prediction, shard: number): Promise<boolean> {
  const rows = (await readPredictionShard(store, record, shard)).map((item): PredictionRow => {
    const row = unanswered(record.source, item);
    if (row.outcome !== "ok") return row;
    return {
      ...row,
      class: "a",
      probability: 0.75,
      predictions: [
        ["a", 0.75],
        ["class", 0.2],
        ["=b", 0.05],
      ],
    };
  });
  return writeAnswers(store, { owner: record, shard }, rows);
}

async function planUrls(store: ObjectStore, list: string[]): Promise<PredictionPlan> {
  const rows = parseUrlList(list.join("\n"), { name: "urls", class: "" });
  return planPrediction({ store, owner: OWNER, input: { source: "urls", rows } });
}

describe("over URLs", () => {
  test("every input has its answer, in order, whatever became of it", async () => {
    await using store = await openScratchStore();
    const list = [...urls("x", 30), "nonsense", "https://e.org/http_4xx", "https://e.org/ok/x0-0"];
    const plan = await planUrls(store, list);
    expect(plan.shards).toBe(3);
    const record = recordOf("urls", plan);
    for (const shard of [0, 2]) {
      await fetchShard({ ...TOLD, store, target: "prediction", owner: OWNER, shard, signal: NEVER });
      await answer(store, record, shard);
    }
    const { counts, results } = await collectPrediction({ store, record, signal: NEVER });
    expect(counts).toEqual({
      outcomes: { ok: 17, worker_failed: 15, bad_scheme: 1 },
      classes: { a: 17, "=b": 0, class: 0 },
    });
    const rows = (await store.get(results.key)).body
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.input)).toEqual(list);
    expect(rows.map((row) => row.index)).toEqual(list.map((_, index) => index));
    expect(results.rows).toBe(33);
  });

  test("answers are written once, and a late inferer changes nothing", async () => {
    await using store = await openScratchStore();
    const plan = await planUrls(store, urls("x", 3));
    const record = recordOf("urls", plan);
    await fetchShard({ ...TOLD, store, target: "prediction", owner: OWNER, shard: 0, signal: NEVER });
    expect(await hasAnswers(store, OWNER, 0)).toBe(false);
    const first = await collectPrediction({ store, record, signal: NEVER });
    expect(first.counts.outcomes).toEqual({ worker_failed: 3 });
    expect(await hasAnswers(store, OWNER, 0)).toBe(true);
    expect(await answer(store, record, 0)).toBe(false);
    const second = await collectPrediction({ store, record: { ...record, fence: 2 }, signal: NEVER });
    expect(second.results.sha256).toBe(first.results.sha256);
  });
});

describe("over a dataset", () => {
  test("the items that pass are answered under their own keys", async () => {
    await using store = await openScratchStore();
    const lists = { a: [...urls("a", 10), "https://e.org/timeout"], bb: urls("bb", 10) };
    const { manifest } = await makeDataset(store, await planLists(store, lists));
    const input = (filter: object) => ({ source: "items", manifest: manifest.key, filter }) as const;
    const all = await planPrediction({ store, owner: OWNER, input: input({ class: "bb" }) });
    expect(all).toEqual({ inputs: 10, shards: 1 });
    const record = recordOf("items", all);
    await answer(store, record, 0);
    const { results } = await collectPrediction({ store, record, signal: NEVER });
    const csv = parse(await text(await resultsCsv(store, results.key, CLASSES))) as string[][];
    expect(csv[0]).toEqual(["index", "input", "outcome", "reason", "class", "probability", "a", "'=b", "class"]);
    expect(csv[1]).toEqual(["0", "11", "ok", "", "a", "0.75", "0.75", "0.05", "0.2"]);
    const valid = await planPrediction({ store, owner: OWNER, input: input({ split: "valid" }) });
    expect(valid.inputs).toBe(4);
    await expect(planPrediction({ store, owner: OWNER, input: input({ class: "none" }) })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });
});
