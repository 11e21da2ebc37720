// What a namespace's training comes to, with real trainers: one is killed in the middle of a run, and another goes on.
import { setTimeout as delay } from "node:timers/promises";
import { connectProducer } from "@ursa/queue/connection";
import { createUsageCounters, dayOf } from "@ursa/queue/usage-counters";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { createWorld } from "./trainer-world.fixture.ts";

/** Runs until it is stopped. */
const ENDLESS = { batchSize: 2, epochs: 1000 };
const SHORT = { batchSize: 2, epochs: 2 };

test("a killed trainer's minutes stay, its successor's are added, and neither is counted twice", async () => {
  await using world = await createWorld({ perClass: 4 });
  const connection = connectProducer(world.redis.url);
  const counters = createUsageCounters(connection);
  // Both days of a test that runs past midnight.
  const began = Date.now();
  const spent = async (namespace = "default") => {
    const days = [...new Set([began, Date.now()].map(dayOf))];
    const looked = await Promise.all(days.map((day) => counters.look(namespace, day)));
    return looked.reduce((sum, { trainingMs }) => sum + trainingMs, 0);
  };

  const { id } = await world.request({ stage1: ENDLESS });
  {
    await using doomed = world.startTrainer();
    await doomed.childOf(id);
    const started = performance.now();
    await waitUntil(async () => (await spent()) > 0, { what: "the first minutes to be told", timeoutMs: 60_000 });
    expect(await spent()).toBeLessThanOrEqual(performance.now() - started + 15_000);
    doomed.kill("SIGKILL");
    await doomed.exited();
  }
  const before = await spent();
  expect(before).toBeGreaterThan(5000);

  const cancelled = await world.catalog.update("model", world.owner(id), (model) => ({ ...model, state: "cancelled" }));
  await world.producer.cancel("model", cancelled);
  const next = await world.request({ stage1: SHORT });
  await using successor = world.startTrainer({ URSA_LOCK_S: "1" });
  const asked = performance.now();
  await successor.childOf(next.id);
  expect(await world.ended(next.id)).toMatchObject({ state: "ready" });
  const took = performance.now() - asked;
  // Its last part is told a moment after its end.
  const isTold = async () => {
    const seen = await spent();
    await delay(2000);
    return seen > before && seen === (await spent());
  };
  await waitUntil(isTold, { what: "the run that ended to be told", timeoutMs: 20_000 });
  const after = await spent();
  expect(after - before).toBeLessThanOrEqual(took + 1000);

  // Delivered once more: it has ended, and nothing is done.
  const again = { ...next, enqueued: 2 };
  await world.producer.enqueueModel(again);
  const isOver = async () => !(await world.producer.isQueued("model", again));
  await waitUntil(isOver, { what: "the second delivery to end", timeoutMs: 60_000 });
  expect(await spent()).toBe(after);
  expect(await spent("another")).toBe(0);
  await connection.close();
});
