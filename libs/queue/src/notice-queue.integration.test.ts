// Messages to webhooks as jobs: each once, put aside at no cost, tried again when the receiver says.
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, expect, test } from "vitest";
import { markCancelled } from "./cancellations.ts";
import type { Notice } from "./flows.ts";
import { PutAside } from "./job-outcome.ts";
import { createNoticeQueue } from "./notice-queue.ts";
import { openQueue } from "./open-queues.ts";
import { startConnection } from "./queue-world.fixture.ts";
import { quiet } from "./records.fixture.ts";
import type { JobWork } from "./run-job.ts";
import { startWorker } from "./worker.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const [id, model] = [`whk_${ULID}`, `mdl_${ULID}`];
const notice: Notice = {
  ...{ namespace: "default", id, message: `${id}-${model}` },
  event: {
    ...{ type: "job.finished", timestamp: "2026-11-30T12:00:00.000Z" },
    data: { kind: "model", id: model, namespace: "default", state: "cancelled", error: { code: "cancelled" } },
  },
};

const { connection, workers } = await startConnection();
const notices = createNoticeQueue(connection);
const queue = openQueue("notify", connection);
afterAll(async () => void (await Promise.all([queue.close(), notices.close()])));

function work(process: JobWork<"notify">["process"]) {
  const givenUp: string[] = [];
  const onGivenUp = async (_: unknown, { message }: { message: string }) => void givenUp.push(message);
  workers.push(startWorker({ ...quiet(), connection, concurrency: 4, queue: "notify", process, onGivenUp }));
  return givenUp;
}

/** @returns how long each job that waited was to wait, in ms */
async function promoteAll(): Promise<number[]> {
  const jobs = await queue.getDelayed();
  const delays = jobs.map(({ delay }) => delay);
  await Promise.all(jobs.map((job) => job.promote().catch(() => {})));
  return delays;
}

test("a message is added once, however often and by however many, also when it was sent", async () => {
  const added = await Promise.all(Array.from({ length: 8 }, () => notices.add(notice)));
  expect(added).toContain(true);
  expect(await queue.getJobCounts("waiting", "delayed")).toEqual({ waiting: 1, delayed: 0 });
  const sent: string[] = [];
  work(async ({ message }) => void sent.push(message));
  await waitUntil(async () => (await queue.getCompletedCount()) === 1, { what: "the message to be sent" });
  expect(await notices.add(notice)).toBe(false);
  expect(sent).toEqual([notice.message]);
});

test("a cancelled record's message is sent: the job is the webhook's, not the record's", async () => {
  await markCancelled(connection, model);
  const seen: unknown[] = [];
  work(async (payload) => void seen.push(payload));
  await notices.add(notice);
  await waitUntil(() => seen.length > 0, { what: "the message to be sent" });
  expect(seen).toEqual([{ v: 1, ...notice }]);
});

test("one that is put aside waits longer each time, half a minute at most, and uses up no attempt", async () => {
  const attempts: number[] = [];
  const givenUp = work(async (_, { attempt }) => {
    attempts.push(attempt);
    if (attempts.length < 9) throw new PutAside("busy");
  });
  await notices.add(notice, { attempts: 1 });
  const delays: number[] = [];
  const isThrough = async () => {
    delays.push(...(await promoteAll()));
    return (await queue.getCompletedCount()) === 1;
  };
  await waitUntil(isThrough, { what: "the message to be sent", timeoutMs: 20_000 });
  expect([attempts, givenUp]).toEqual([Array(9).fill(1), []]);
  expect(Math.max(...delays)).toBeLessThanOrEqual(45_000);
  expect(delays.at(-1)).toBeGreaterThan(delays[0] ?? 0);
});

test("a receiver that fails is tried ten times in hours, one that asks for a pause after it, and then it is given up", async () => {
  const asked = 600_000;
  const givenUp = work(async (_, { attempt }) => {
    throw Object.assign(new Error(`attempt ${attempt}`), attempt === 3 ? { retryAfterMs: asked } : {});
  });
  await notices.add(notice);
  const delays: number[] = [];
  const isOver = async () => {
    delays.push(...(await promoteAll()));
    return (await queue.getFailedCount()) === 1;
  };
  await waitUntil(isOver, { what: "the message to be given up", timeoutMs: 20_000 });
  expect(delays).toHaveLength(9);
  for (const [n, delay] of delays.entries()) {
    const most = 30_000 * 2 ** n;
    expect(delay).toBeGreaterThanOrEqual(n === 2 ? asked : most / 2);
    expect(delay).toBeLessThanOrEqual(n === 2 ? asked : most);
  }
  expect(givenUp).toEqual([expect.stringContaining("10 times, at last with: attempt 10")]);
});
