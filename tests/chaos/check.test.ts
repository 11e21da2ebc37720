// The judge judged: each invariant is silent on a good history and speaks on a bad one.
import { expect, test } from "vitest";
import { check, INVARIANTS } from "./check.ts";
import type { Happening } from "./history.ts";

const epochs = [
  { stage: "stage-1", epoch: 1, trainLoss: 0.9, validLoss: 0.7 },
  { stage: "stage-1", epoch: 2, trainLoss: 0.5, validLoss: 0.4 },
];
const answer = { type: "answer", operation: "createDataset", key: "k1", body: "b1", status: 202, id: "ds_1" } as const;
const listed = [
  { url: "http://a/1.jpg", may: ["ok" as const] },
  { url: "http://a/2.jpg", may: ["http_4xx" as const, "timeout" as const] },
];
const rows = [
  { index: 0, url: "http://a/1.jpg", outcome: "ok" as const, sha256: "aa", bytes: 10 },
  { index: 1, url: "http://a/2.jpg", outcome: "timeout" as const },
];
const trained = { type: "trained", id: "mdl_1", calm: epochs, epochs, weights: "w", calmWeights: "w" } as const;

/** A day on which much was broken and nothing was lost. */
const GOOD: Happening[] = [
  { type: "fault", what: "redis was killed" },
  { ...answer, status: 503, code: "queue_unavailable" },
  answer,
  answer,
  { ...answer, body: "b2", status: 422, code: "idempotency_conflict" },
  { type: "state", id: "ds_1", state: "running", fence: 0 },
  { type: "healed", what: "redis is back" },
  { type: "state", id: "ds_1", state: "ready", fence: 1 },
  { type: "state", id: "ds_1", state: "ready", fence: 1 },
  { type: "told", id: "ds_1", event: "1-0", state: "running", reader: "a" },
  { type: "told", id: "ds_1", event: "2-0", state: "ready", reader: "a" },
  { type: "told", id: "ds_1", event: "2-0", state: "ready", reader: "b" },
  { type: "checkpoint", id: "mdl_1", fence: 1, stage: "stage-1", epoch: 1, batch: 0 },
  { type: "checkpoint", id: "mdl_1", fence: 2, stage: "stage-1", epoch: 1, batch: 3 },
  { type: "checkpoint", id: "mdl_1", fence: 2, stage: "stage-2", epoch: 1, batch: 0 },
  // Taken by another, who has not come as far as a checkpoint.
  { type: "state", id: "mdl_1", state: "running", fence: 3 },
  { type: "checkpoint", id: "mdl_1", fence: 2, stage: "stage-2", epoch: 1, batch: 0 },
  { type: "manifest", id: "ds_1", listed, rows },
  { type: "results", id: "prd_1", inputs: 2, indexes: [0, 1] },
  { ...trained, repeated: 1, kills: 1 },
  { type: "picture", sha256: "aa", bytes: 10, found: { sha256: "aa", bytes: 10 } },
  { type: "orphans", keys: [] },
  { type: "queue", name: "fetch", waiting: 0, active: 0, delayed: 0 },
  { type: "left", files: [] },
  { type: "counter", name: "ursa_downloads_total", value: 2, expected: 2 },
  { type: "promise", what: "the API says 503 within a second", kept: true, seen: "0.2 s" },
];

const withMs = (history: readonly Happening[]) => history.map((entry, ms) => ({ ms, ...entry }));

test("a day on which nothing was lost is not complained of", () => {
  expect(check(withMs(GOOD))).toEqual([]);
});

const BAD: [invariant: string, effect: string, what: string, happening: Happening][] = [
  ["I1", "lost", "a URL without a row", { type: "manifest", id: "ds_1", listed, rows: rows.slice(0, 1) }],
  [
    "I1",
    "duplicated",
    "a URL with two rows",
    { type: "manifest", id: "ds_1", listed, rows: [...rows, ...rows.slice(1)] },
  ],
  ["I1", "duplicated", "a row nobody listed", { type: "manifest", id: "ds_1", listed: listed.slice(0, 1), rows }],
  [
    ...(["I1", "lost", "an outcome that a URL cannot have"] as const),
    { type: "manifest", id: "ds_1", listed, rows: rows.map((row) => ({ ...row, outcome: "worker_failed" as const })) },
  ],
  [
    ...(["I1", "lost", "a row of another URL"] as const),
    { type: "manifest", id: "ds_1", listed, rows: rows.map((row) => ({ ...row, url: "http://a/1.jpg" })) },
  ],
  ["I1", "lost", "an input without an answer", { type: "results", id: "prd_1", inputs: 2, indexes: [0] }],
  ["I1", "duplicated", "an input with two answers", { type: "results", id: "prd_1", inputs: 2, indexes: [0, 1, 1] }],
  ["I2", "lost", "a picture that is not there", { type: "picture", sha256: "aa", bytes: 10, found: null }],
  ["I2", "lost", "half a picture", { type: "picture", sha256: "aa", bytes: 10, found: { sha256: "bb", bytes: 5 } }],
  ["I3", "broken", "an orphan", { type: "orphans", keys: ["ns/default/datasets/ds_9/plan/000000.jsonl"] }],
  ["I4", "lost", "accepted and never heard of again", { ...answer, key: "k2", id: "ds_2" }],
  ["I5", "duplicated", "an end that was taken back", { type: "state", id: "ds_1", state: "failed", fence: 1 }],
  ["I5", "duplicated", "a second end", { type: "told", id: "ds_1", event: "3-0", state: "ready", reader: "a" }],
  [
    "I5",
    "duplicated",
    "an event told again",
    { type: "told", id: "ds_1", event: "1-0", state: "running", reader: "a" },
  ],
  ["I6", "lost", "other weights", { ...trained, weights: "x", repeated: 0, kills: 1 }],
  ["I6", "lost", "a history with a gap", { ...trained, epochs: epochs.slice(1), repeated: 0, kills: 1 }],
  ["I6", "duplicated", "two epochs again for one kill", { ...trained, repeated: 2, kills: 1 }],
  ["I7", "broken", "a fence that sank", { type: "state", id: "ds_1", state: "ready", fence: 0 }],
  [
    ...(["I7", "broken", "a late checkpoint of an earlier owner"] as const),
    { type: "checkpoint", id: "mdl_1", fence: 1, stage: "stage-2", epoch: 2, batch: 0 },
  ],
  [
    ...(["I7", "broken", "a checkpoint of an owner whose successor was seen already"] as const),
    { type: "checkpoint", id: "mdl_1", fence: 2, stage: "stage-2", epoch: 2, batch: 0 },
  ],
  [
    ...(["I7", "broken", "a checkpoint that went back"] as const),
    { type: "checkpoint", id: "mdl_1", fence: 2, stage: "stage-2", epoch: 0, batch: 5 },
  ],
  ["I8", "duplicated", "one key, two records", { ...answer, id: "ds_3" }],
  ["I8", "broken", "one key, two bodies", { ...answer, body: "b2" }],
  ["I9", "broken", "a job that is stuck", { type: "queue", name: "train", waiting: 0, active: 1, delayed: 0 }],
  ["I9", "broken", "a file that was left", { type: "left", files: ["/work/mdl_1/features.f32"] }],
  ["I10", "broken", "a counter that lies", { type: "counter", name: "ursa_jobs_total", value: 3, expected: 2 }],
  [
    "promise",
    "broken",
    "a promise not kept",
    { type: "promise", what: "503 within a second", kept: false, seen: "9 s" },
  ],
];

test.for(BAD)("%s, %s: %s", ([invariant, effect, , happening]) => {
  const violations = check(withMs([...GOOD, happening]));
  expect(violations.map((violation) => [violation.invariant, violation.effect])).toContainEqual([invariant, effect]);
});

test("a run whose checkpoints were all damaged may begin again, under a later fence only", () => {
  const damaged: Happening = { type: "damaged", id: "mdl_1" };
  const begun = (fence: number, epoch = 1): Happening => ({
    ...{ type: "checkpoint", id: "mdl_1", fence, stage: "stage-1", epoch, batch: 0 },
  });
  expect(check(withMs([...GOOD, damaged, begun(3)]))).toEqual([]);
  expect(check(withMs([...GOOD, damaged, begun(2)]))).toHaveLength(1);
  expect(check(withMs([...GOOD, damaged, begun(3), begun(4, 0)]))).toHaveLength(1);
});

test("no invariant goes without a bad history", () => {
  expect(new Set(BAD.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(INVARIANTS)));
});
