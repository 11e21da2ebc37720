import { describe, expect, test } from "vitest";

import { FetchFailure } from "./fetch-failure.ts";
import { readRetryAfter, retryDelayMs } from "./retry-policy.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const transient = new FetchFailure("http_5xx", "the server answered 502", { retry: "yes" });

describe("a failure", () => {
  test("that may pass is retried with growing, jittered pauses", () => {
    const delays = [1, 2, 3].map((attempts) => retryDelayMs(transient, { attempts, retries: 3 }, () => 0.5));
    expect(delays).toEqual([500, 1000, 2000]);
    expect(retryDelayMs(transient, { attempts: 1, retries: 3 }, () => 0)).toBe(0);
    expect(retryDelayMs(transient, { attempts: 9, retries: 99 }, () => 1)).toBe(8_000);
    expect(retryDelayMs(transient, { attempts: 4, retries: 3 })).toBeUndefined();
  });

  test("that will not pass is final", () => {
    expect(retryDelayMs(new FetchFailure("http_4xx", "404"), { attempts: 1, retries: 3 })).toBeUndefined();
  });

  test("of a name is worth one more try", () => {
    const failure = new FetchFailure("dns_error", "no answer", { retry: "once" });
    expect(retryDelayMs(failure, { attempts: 1, retries: 3 })).toBeTypeOf("number");
    expect(retryDelayMs(failure, { attempts: 2, retries: 3 })).toBeUndefined();
    expect(retryDelayMs(failure, { attempts: 1, retries: 0 })).toBeUndefined();
  });

  test.each([
    [2_000, 2_250],
    [30_000, 30_250],
    // Longer than a worker may hold its job: the server is not asked early, but not again.
    [3_600_000, undefined],
  ])("with Retry-After of %i ms waits %s ms", (retryAfterMs, delay) => {
    const failure = new FetchFailure("http_4xx", "429", { retry: "yes", retryAfterMs });
    expect(retryDelayMs(failure, { attempts: 1, retries: 1 }, () => 0.5)).toBe(delay);
  });
});

test.each([
  ["3", 3_000],
  [" 120 ", 120_000],
  ["Sun, 01 Mar 2026 12:00:05 GMT", 5_000],
  ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
  ["soon", undefined],
  [undefined, undefined],
])("reads Retry-After: %s", (header, milliseconds) => {
  expect(readRetryAfter(header, NOW)).toBe(milliseconds);
});
