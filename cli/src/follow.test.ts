// Watching a job: it ends with the job, survives a restarted API, and a failed job is a failure of the command.
import type { Client } from "@ursa/contracts/client";
import type { UrsaEvent } from "@ursa/contracts/events";
import { Problem } from "@ursa/contracts/problem";
import type { ServerEvent } from "@ursa/contracts/server-events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exitCodeOf } from "./failure.ts";
import { follow } from "./follow.ts";

const ready: UrsaEvent = { type: "state", state: "ready" };
const broken = () => new TypeError("terminated");
let said = "";

beforeEach(() => {
  said = "";
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Each connection gives its events, and then breaks where an error stands. */
async function watch(connections: (UrsaEvent | Error)[][]) {
  const asked: (string | undefined)[] = [];
  let sent = 0;
  async function* stream(parts: (UrsaEvent | Error)[]): AsyncGenerator<ServerEvent<UrsaEvent>> {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      sent += 1;
      yield { id: `${sent}-0`, data: part };
    }
  }
  const call = async (_id: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(headers["last-event-id"]);
    return stream(connections[asked.length - 1] ?? []);
  };
  const client = { call: call as unknown as Client["call"] };
  const print = { isJson: false, answer() {}, note() {} };
  const following = follow({ client, print, signal: new AbortController().signal }, "dataset", "ds_1");
  const outcome = following.then(
    () => "done",
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  return { outcome: await outcome, asked };
}

test("it ends when the job is ready, and asks for nothing more", async () => {
  const { outcome, asked } = await watch([[{ type: "state", state: "running" }, ready]]);
  expect(outcome).toBe("done");
  expect(asked).toEqual([undefined]);
});

test("after a broken connection it goes on behind the last event", async () => {
  const running: UrsaEvent = { type: "state", state: "running" };
  const { outcome, asked } = await watch([[running, running, broken()], [broken()], [ready]]);
  expect(outcome).toBe("done");
  expect(asked).toEqual([undefined, "2-0", "2-0"]);
});

test("a stream that ends before the job does is opened again", async () => {
  const { outcome, asked } = await watch([[{ type: "log", message: "hello" }], [ready]]);
  expect(outcome).toBe("done");
  expect(asked).toEqual([undefined, "1-0"]);
});

test("a job that failed is a failure with its reason, what to do and its code", async () => {
  const error = { code: "class_mostly_failed", message: "Class black: 9 of 10 failed" } as const;
  const { outcome } = await watch([[{ type: "state", state: "failed", error }]]);
  expect(outcome).toMatchObject({ message: expect.stringContaining("ds_1 failed: Class black: 9 of 10 failed.") });
  expect(outcome).toMatchObject({ message: expect.stringMatching(/`ursa dataset report`.*\[class_mostly_failed\]$/) });
  expect(exitCodeOf(outcome)).toBe(1);
});

test("a job that was cancelled is a failure", async () => {
  const { outcome } = await watch([[{ type: "state", state: "cancelled" }]]);
  expect(outcome).toMatchObject({ message: "ds_1 cancelled." });
  expect(exitCodeOf(outcome)).toBe(1);
});

test("an event that is none of the contract's is not waited out", async () => {
  const { outcome, asked } = await watch([[new Error("no such event")], [ready]]);
  expect(outcome).toMatchObject({ message: "no such event" });
  expect(asked).toHaveLength(1);
});

test("a stream that never holds is given up with a way on", async () => {
  const { outcome, asked } = await watch([]);
  expect(asked).toHaveLength(60);
  expect(outcome).toMatchObject({ message: expect.stringContaining("`ursa status`") });
});

test("failures count anew after every event", async () => {
  const running: UrsaEvent = { type: "state", state: "running" };
  const silent = Array.from({ length: 50 }, () => [broken()]);
  const { outcome, asked } = await watch([...silent, [running, broken()], ...silent, [ready]]);
  expect(outcome).toBe("done");
  expect(asked).toHaveLength(102);
});

test("a 503 is waited out for as long as it says, any other refusal ends the command", async () => {
  const away = new Problem("queue_unavailable", undefined, { extra: { retryAfterMs: 4000 } });
  const started = Date.now();
  const { outcome, asked } = await watch([[away], [away], [ready]]);
  expect(outcome).toBe("done");
  expect(asked).toHaveLength(3);
  expect(Date.now() - started).toBe(8000);
  expect((await watch([[new Problem("not_found")], [ready]])).outcome).toMatchObject({ code: "not_found" });
});

test("in a log, progress is one line per tenth", async () => {
  const progress = (done: number): UrsaEvent => ({ type: "progress", progress: { phase: "fetch", done, total: 100 } });
  await watch([[...Array.from({ length: 101 }, (_, done) => progress(done)), ready]]);
  expect(said.match(/fetching pictures/g)).toHaveLength(11);
  expect(said).toContain("fetching pictures 100/100\nready\n");
});

test("each stage's training has lines of its own, which say how it goes", async () => {
  const training = (stage: string, done: number): UrsaEvent => {
    const details = { stage, epoch: 1, epochs: 1, loss: 0.5, learningRate: 1e-3 };
    return { type: "progress", progress: { phase: "train", done, total: 2, ...details } };
  };
  await watch([[training("stage-1", 1), training("stage-1", 2), training("stage-2", 1), ready]]);
  expect(said).toContain(
    "training 2/2  stage 1 · epoch 1/1 · loss 0.50 · lr 1.0e-3\ntraining 1/2  stage 2 · epoch 1/1",
  );
});
