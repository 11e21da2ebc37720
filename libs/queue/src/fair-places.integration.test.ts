// One namespace has more shards than anybody can wait for, and another a few: real jobs on a real Redis.
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { startQueueWorld } from "./queue-world.fixture.ts";
import { drawDataset, quiet } from "./records.fixture.ts";
import { startWorker } from "./worker.ts";

const { connection, producer, workers } = await startQueueWorld();

/** A worker whose shards run until they are told to end. */
function work(concurrency: number) {
  const running: { namespace: string; shard: number; end: () => void }[] = [];
  const begun: string[] = [];
  const of = (namespace: string) => running.filter((job) => job.namespace === namespace);
  let most = 0;
  const worker = startWorker({
    ...{ ...quiet(), connection, queue: "fetch", concurrency, keepsPlace: true },
    async process({ namespace, shard }, { signal }) {
      const ended = Promise.withResolvers<void>();
      const job = { namespace, shard, end: ended.resolve };
      running.push(job);
      begun.push(`${namespace} ${shard}`);
      most = Math.max(most, of("big").length);
      signal.addEventListener("abort", () => ended.reject(signal.reason));
      await ended.promise.finally(() => running.splice(running.indexOf(job), 1));
    },
  });
  workers.push(worker);
  return { running, begun, of, worker, mostOfBig: () => most };
}

const list = (namespace: string, shards: number) => producer.enqueueDataset(drawDataset({ namespace, shards }));
const until = (what: string, condition: () => boolean) => waitUntil(condition, { what, timeoutMs: 5000 });

test("a namespace whose shards never end keeps no other one waiting, and has itself all the places it would have had", async () => {
  const { of, mostOfBig } = work(2);
  await list("big", 40);
  await until("two of the big list", () => of("big").length === 2);
  const asked = performance.now();
  await list("small", 1);
  await until("the small list", () => of("small").length === 1);
  expect(performance.now() - asked).toBeLessThan(2000);
  expect(of("big").length).toBe(2);
  expect(mostOfBig()).toBe(2);
});

test("the place is kept again as soon as it is free: the third in line comes before more of the first two", async () => {
  const { of, begun } = work(2);
  await list("big", 40);
  await until("two of the big list", () => of("big").length === 2);
  await list("second", 40);
  await until("one of the second", () => of("second").length === 1);
  await list("third", 1);
  // Nothing is free until one of the three ends, whoever's that is.
  of("big")[0]?.end();
  await until("the third", () => of("third").length === 1);
  expect(begun.slice(3)).toEqual(["third 0"]);
});

test("whoever is alone goes through all of its shards, in their order, so many at once", async () => {
  const { running, begun, mostOfBig } = work(3);
  await list("big", 12);
  while (begun.length < 12 || running.length > 0) {
    await until("another shard", () => running.length > 0);
    running[0]?.end();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(begun).toEqual(Array.from({ length: 12 }, (_, shard) => `big ${shard}`));
  expect(mostOfBig()).toBe(3);
});

test("a worker that stops gives back the job that had no place yet, at no cost in attempts", async () => {
  const first = work(1);
  await list("big", 3);
  await until("one at work", () => first.running.length === 1);
  await waitUntil(async () => (await producer.counts()).fetch.active === 2, { what: "the next to be held" });
  const closing = performance.now();
  await workers.splice(0)[0]?.close();
  expect(performance.now() - closing).toBeLessThan(3000);
  expect((await producer.counts()).fetch).toMatchObject({ active: 0, prioritized: 3, failed: 0, delayed: 0 });
  const second = work(1);
  await until("the first again", () => second.running.length === 1);
  expect(second.begun).toEqual(["big 0"]);
});
