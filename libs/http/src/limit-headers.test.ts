import { expect, test } from "vitest";
import { limitHeaders } from "./limit-headers.ts";

test("each limit is an entry in both lists, with what is known of it", () => {
  const day = { limit: 1000, remaining: 12.7, unit: "urls", windowSeconds: 86_400, resetSeconds: 3600 };
  expect(
    limitHeaders([
      { name: "requests-per-minute", limit: 60, remaining: 59, windowSeconds: 60, resetSeconds: 42 },
      { name: "urls-per-day", ...day },
      { name: "jobs", limit: 20, remaining: 3, unit: "jobs" },
    ]),
  ).toEqual({
    "ratelimit-policy":
      '"requests-per-minute";q=60;w=60, "urls-per-day";q=1000;w=86400;qu="urls", "jobs";q=20;qu="jobs"',
    ratelimit: '"requests-per-minute";r=59;t=42, "urls-per-day";r=12;t=3600, "jobs";r=3',
  });
});

test("what is left is never less than nothing, what could not be counted has its policy only, and the last word holds", () => {
  expect(limitHeaders([])).toEqual({});
  expect(limitHeaders([{ name: "jobs", limit: 2 }])).toEqual({ "ratelimit-policy": '"jobs";q=2' });
  const twice = [2, -1].map((remaining) => ({ name: "jobs", limit: 2, remaining }));
  expect(limitHeaders(twice)).toEqual({ "ratelimit-policy": '"jobs";q=2', ratelimit: '"jobs";r=0' });
});
