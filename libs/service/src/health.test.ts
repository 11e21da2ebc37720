// Readiness: bounded, honest, and never more work than one look at a time.
import { afterEach, expect, test, vi } from "vitest";
import { cachedCheck, createHealth } from "./health.ts";

afterEach(() => {
  vi.useRealTimers();
});
const forever = () => new Promise<void>(() => {});
const running = new AbortController().signal;

test("ready when every check passes; otherwise each says why, without secrets", async () => {
  const passing = createHealth({ redis: async () => {}, store: async () => {} }, running);
  expect(await passing.ready()).toEqual({ status: "ok", checks: { redis: "ok", store: "ok" } });
  const failing = createHealth(
    { redis: async () => Promise.reject(new Error("connect redis://:hunter2@redis refused")), store: async () => {} },
    running,
  );
  const checks = { redis: "connect redis://[redacted]@redis refused", store: "ok" };
  expect(await failing.ready()).toEqual({ status: "unavailable", checks });
});

test("a check that hangs is given one second, and is not started again while it hangs", async () => {
  vi.useFakeTimers();
  const check = vi.fn(forever);
  const health = createHealth({ redis: check, store: async () => {} }, running);
  const answers = [health.ready(), health.ready()];
  await vi.advanceTimersByTimeAsync(1000);
  const slow = { status: "unavailable", checks: { redis: "no answer within 1000 ms", store: "ok" } };
  expect(await Promise.all(answers)).toEqual([slow, slow]);
  expect(check).toHaveBeenCalledTimes(1);
});

test("a check that throws at once, or throws no Error, is a failure like any other", async () => {
  const checks = {
    a: () => {
      throw new Error("at once");
    },
    b: () => Promise.reject("a text"),
  };
  expect((await createHealth(checks, running).ready()).checks).toEqual({ a: "at once", b: "a text" });
});

test("a stopping service is alive and not ready", async () => {
  const stopping = new AbortController();
  const health = createHealth({ redis: async () => {} }, stopping.signal);
  stopping.abort();
  expect((await health.ready()).status).toBe("unavailable");
  expect(health.live().status).toBe("ok");
});

test("a cached check looks again when its success is old, and at once after a failure", async () => {
  vi.useFakeTimers();
  const check = vi.fn(async () => {});
  const cached = cachedCheck(check, 10_000);
  await cached();
  await cached();
  expect(check).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_001);
  check.mockRejectedValueOnce(new Error("gone"));
  await expect(cached()).rejects.toThrow("gone");
  await cached();
  expect(check).toHaveBeenCalledTimes(3);
});
