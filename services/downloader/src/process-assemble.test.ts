import { createCatalog } from "@ursa/catalog/catalog";
import { newId } from "@ursa/catalog/new-id";
import type { Dataset } from "@ursa/contracts/dataset";
import type { UrsaEvent } from "@ursa/contracts/events";
import { planDataset } from "@ursa/dataset/plan-dataset";
import { parseUrlList } from "@ursa/dataset/url-list";
import type { Held } from "@ursa/queue/run-job";
import { createMetrics } from "@ursa/service/metrics";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { describe, expect, test } from "vitest";
import { createAssembleEnding, createAssembleProcess } from "./process-assemble.ts";

const OPTIONS = { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 };

/** A dataset whose shards nobody finished, and events that are only remembered. */
async function createSurroundings(onReport: (record: Dataset) => Promise<void> = async () => {}) {
  const folder = await createScratchFolder();
  const store = await openStore(`file://${folder.path}`);
  const catalog = createCatalog({ store });
  const owner = { namespace: "default", id: newId("dataset") };
  const sources = ["a", "b"].map((name) => ({
    name,
    rows: parseUrlList(`https://${name}.example/1.jpg\nhttps://${name}.example/2.jpg`, { name }),
  }));
  const plan = await planDataset({ store, owner, sources, options: {} });
  const now = new Date().toISOString();
  const times = { createdAt: now, updatedAt: now, enqueued: 1, fence: 0, version: 1 };
  const record = await catalog.create("dataset", { ...owner, ...plan, ...times, state: "queued", options: OPTIONS });
  const published: UrsaEvent[] = [];
  const events = {
    publish: async (_: unknown, event: UrsaEvent) => void published.push(event),
    reportProgress: () => onReport(record),
  };
  const get = () => catalog.get("dataset", owner.namespace, owner.id);
  const payload = { v: 1, ...owner } as const;
  const dispose = async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  };
  const metrics = createMetrics("test");
  return { deps: { store, catalog, events, metrics }, get, owner, payload, published, [Symbol.asyncDispose]: dispose };
}
const context = {
  ...{ signal: new AbortController().signal, attempt: 1, starts: 1, jobId: "1" },
  ...{ handBack: () => Promise.reject(), holdFence: () => {} },
};

describe("the assemble job", () => {
  test("ends a dataset that nobody could download as failed, with every URL counted", async () => {
    await using around = await createSurroundings();
    await createAssembleProcess(around.deps)(around.payload, context);
    const record = await around.get();
    expect(record).toMatchObject({ state: "failed", fence: 1, error: { code: "class_mostly_failed" } });
    expect(record.counts?.outcomes).toEqual({ worker_failed: 4 });
    expect(record.manifest?.items).toBe(4);
    expect(await around.deps.metrics.render()).toContain(
      'ursa_dataset_items_total{outcome="worker_failed",service="test"} 4',
    );
    expect(around.published).toEqual([{ type: "state", state: "failed", error: record.error }]);
  });

  test("writes nothing when another worker has taken the dataset meanwhile", async () => {
    let takeAgain = async () => {};
    await using around = await createSurroundings(() => takeAgain());
    takeAgain = async () => void (await around.deps.catalog.take("dataset", around.owner));
    await expect(createAssembleProcess(around.deps)(around.payload, context)).rejects.toThrow(
      expect.objectContaining({ name: "FenceLost" }),
    );
    expect(await around.get()).toMatchObject({ state: "running" });
    expect(around.published).toEqual([]);
  });

  test("given up, says why in the record; one that has ended stays as it is", async () => {
    await using around = await createSurroundings();
    const giveUp = createAssembleEnding(around.deps);
    const error = { code: "worker_failed", message: "it would not" } as const;
    await giveUp(around.payload, error, {});
    expect(await around.get()).toMatchObject({ state: "failed", error });
    await giveUp(around.payload, { ...error, message: "again" }, {});
    expect(await around.get()).toMatchObject({ error });
    expect(around.published).toEqual([{ type: "state", state: "failed", error }]);
  });

  test("given up by a worker that another has overtaken, says nothing", async () => {
    await using around = await createSurroundings();
    const held: Held = {};
    const holdFence = (fence: number) => void Object.assign(held, { fence });
    const signal = AbortSignal.abort(new Error("the connection broke"));
    const run = createAssembleProcess(around.deps)(around.payload, { ...context, signal, holdFence });
    await expect(run).rejects.toThrow("the connection broke");
    await around.deps.catalog.take("dataset", around.owner);
    const error = { code: "worker_failed", message: "it would not" } as const;
    await expect(createAssembleEnding(around.deps)(around.payload, error, held)).rejects.toThrow(
      expect.objectContaining({ name: "FenceLost" }),
    );
    expect(await around.get()).toMatchObject({ state: "running", fence: 2 });
    expect(around.published).toEqual([]);
  });
});
