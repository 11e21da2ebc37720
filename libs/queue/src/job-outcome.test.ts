import { Problem } from "@ursa/contracts/problem";
import { expect, test } from "vitest";
import { JobStopped, outcomeOf, PutAside, recordErrorOf } from "./job-outcome.ts";

const OWN = "mdl_1";
const gone = (recordId: string) => Object.assign(new Problem("not_found"), { name: "RecordGone", recordId });
const named = (name: string) => Object.assign(new Error(name), { name });
const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

test.each([
  ["a lost compare-and-swap is tried again", new Problem("conflict"), undefined, "failed"],
  ["any other refusal is final", new Problem("weights_missing"), undefined, "refused"],
  ["a problem on our side is tried again", new Problem("internal"), undefined, "failed"],
  ["a record that has ended leaves nothing to do", new Problem("already_final"), undefined, "cancelled"],
  ["so does one that was deleted", gone(OWN), undefined, "cancelled"],
  ["another record that is gone is a refusal", gone("ds_1"), undefined, "refused"],
  ["and so is whatever else is not found", new Problem("not_found"), undefined, "refused"],
  ["a fence that was raised is another worker's", named("FenceLost"), undefined, "superseded"],
  ["a disk that is full is another worker's chance", full, undefined, "failed"],
  ["a store that is away is nobody's fault", named("StoreUnavailable"), undefined, "postponed"],
  ["a processor may put its job aside", new PutAside("busy"), undefined, "postponed"],
  ["whatever a job throws that is to stop, it stops", named("StoreUnavailable"), "shutdown", "handed_back"],
] as const)("%s", (_, error, why, outcome) => {
  expect(outcomeOf(error, { recordId: OWN, stopped: why && new JobStopped(why) })).toBe(outcome);
});

test("a record says that a disk was full, and what to do", () => {
  const given = recordErrorOf("train", full, 3);
  expect(given).toMatchObject({ code: "disk_full", message: expect.stringContaining("URSA_WORK_DIR") });
});
