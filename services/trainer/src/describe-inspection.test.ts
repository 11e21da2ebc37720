// What a person has looked at is not asked of them again.
import { inspectionSchema, inspectionSummarySchema } from "@ursa/contracts/inspection";
import { expect, test } from "vitest";
import { describeInspection } from "./describe-inspection.ts";

const SHA = "a".repeat(64);
const at = "2026-11-30T00:00:00.000Z";
const record = inspectionSchema.parse({
  ...{ id: `ins_${"0".repeat(26)}`, namespace: "default", state: "running", createdAt: at, updatedAt: at },
  ...{ enqueued: 1, fence: 1, classes: ["black", "teddy"] },
  dataset: { id: `ds_${"0".repeat(26)}`, version: 2, manifestSha256: SHA },
});
const item = (index: number, reviewedAt?: string) => ({
  ...{ index, key: String(index), class: "black", label: 0, url: `https://pictures.example/${index}.jpg` },
  ...{ outcome: "ok" as const, split: "train" as const, source: "urls.txt", line: index + 1, sha256: SHA },
  ...(reviewedAt ? { reviewedAt } : {}),
});
const conflict = (index: number, reviewedAt?: string) => ({
  ...item(index, reviewedAt),
  ...{ outcome: "label_conflict" as const, split: undefined, of: "9", looksLike: "teddy" },
});

const NOISE = { actual: "black", given: "teddy", count: 9, of: 15, pValue: 1e-5 };

test("a picture that was kept is counted, and is no suspect any more; nor is one that was left out of use", () => {
  const usable = [item(0), item(1, at), item(2)];
  const worthALook = [0, 1].map((index) => ({
    ...{ index, benefit: 0.9 - index / 10 },
    reasons: [{ suspicion: "label" as const, benefit: 0.9 - index / 10, says: "looks like teddy", looksLike: "teddy" }],
  }));
  const found = describeInspection({
    record,
    items: { usable, conflicts: [conflict(3), conflict(4, at)] },
    // Of what was seen the keys alone are told here.
    seen: { pictures: usable } as unknown as Parameters<typeof describeInspection>[0]["seen"],
    inspected: {
      worthALook,
      confidentJoint: [],
      directionalNoise: [NOISE],
      pairs: [],
      nearest: [[{ index: 2, cosine: 0.34567 }], [], []],
    },
  });
  expect(found.worthALook.map(({ key }) => key)).toEqual(["0", "3"]);
  expect(found.nearest).toEqual({ 0: [{ key: "2", cosine: 0.346 }], 1: [], 2: [] });
  expect(found).toMatchObject({ count: 3, suspects: 2, suspicions: { label: 1, conflict: 1 } });
  // On the record too, where the page finds it without the whole list.
  expect(inspectionSummarySchema.parse(found).directionalNoise).toEqual([NOISE]);
});
