import { expect, test } from "vitest";
import { apiConfig } from "./config.ts";
import { limitsFrom, parseOverrides } from "./quota-limits.ts";

test("every namespace has the usual limits, and one that is named its own", () => {
  const settings = {
    URSA_QUOTA_JOBS: "20",
    URSA_QUOTA_STORED_MB: "5000",
    URSA_QUOTA_OVERRIDES: "team-a.jobs=200, team-a.urls-per-day=7,team-b.stored-mb=off",
  };
  const limitsOf = limitsFrom(apiConfig.parse(settings));
  expect(limitsOf("default")).toEqual({ jobs: 20, "stored-mb": 5000 });
  expect(limitsOf("team-a")).toEqual({ jobs: 200, "urls-per-day": 7, "stored-mb": 5000 });
  expect(limitsOf("team-b")).toEqual({ jobs: 20 });
  expect(limitsFrom(apiConfig.parse({}))("team-a")).toEqual({});
});

test.each([
  "team-a.jobs",
  "team-a.jobs=",
  "team-a.jobs=-1",
  "team-a.jobs=1.5",
  "team-a.pictures=1",
  "Team.jobs=1",
  "jobs=1",
  "a.jobs=1;b.jobs=2",
  "",
])("%j is no list of overrides", (text) => {
  expect(parseOverrides(text)).toBeUndefined();
  if (text) expect(apiConfig.safeParse({ URSA_QUOTA_OVERRIDES: text }).success).toBe(false);
});
