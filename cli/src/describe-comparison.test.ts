// A comparison, and the journal, as people read them.
import type { ComparisonResult } from "@ursa/contracts/comparison";
import type { JournalRow } from "@ursa/contracts/journal";
import { expect, test } from "vitest";
import { describeComparison } from "./describe-comparison.ts";
import { describeJournal } from "./describe-journal.ts";

const [OLD, NEW] = ["mdl_01J00000000000000000000001", "mdl_01J00000000000000000000002"];
const dataset = { id: "ds_01J00000000000000000000000", version: 2, manifestSha256: "0".repeat(64) };

function side(model: string, wrong: number): ComparisonResult["before"] {
  return {
    ...{ model, stage: "stage-1", evaluation: "evl_01J00000000000000000000000", dataset },
    ...{
      count: 10,
      wrong,
      errorRate: wrong / 10,
      errorRateLow: 0.01,
      errorRateHigh: 0.5,
      loss: 0.25,
      confusion: [],
      mostConfused: [],
    },
    perClass: [
      { class: "black", count: 6, predicted: 6, recall: 1 - wrong / 6 },
      { class: "teddy", count: 4, predicted: 4, recall: 1 },
    ],
  };
}
const none = { count: 0, items: [] };
const RESULT: ComparisonResult = {
  ...{ split: "valid", dataset, classes: ["black", "teddy"], shared: 10, relabelled: 1 },
  notShared: { added: 2, removed: 1, otherSide: 0, unknownClass: 0, unread: 0 },
  ...{
    before: side(OLD, 1),
    after: side(NEW, 0),
    confusionChange: [
      [1, -1],
      [0, 0],
    ],
    broken: none,
    otherwiseWrong: none,
  },
  mended: {
    count: 1,
    items: [
      {
        ...{ key: "7", class: "black", url: "https://pictures.example/7.jpg" },
        before: { predicted: "teddy", confidence: 0.8, probability: 0.2, loss: 1.6 },
        after: { predicted: "black", confidence: 0.9, probability: 0.9, loss: 0.1 },
      },
    ],
  },
  ...{ pValue: 1, verdict: "unclear", says: "No difference beyond chance." },
};

test("says the verdict first, then what was not compared, both models, and the pictures that changed", () => {
  const text = describeComparison(RESULT, { top: 5, url: "http://127.0.0.1:8080/" });
  const lines = text.split("\n").map((line) => line.replace(/ {2,}/g, "  ").trimEnd());
  expect(lines.slice(0, 4)).toEqual([
    `${OLD} stage-1  to  ${NEW} stage-1, by the labels of ${dataset.id} version 2`,
    "No difference beyond chance.",
    "Not compared: 2 only in the newer dataset, 1 taken out since.",
    "1 of the 10 had another class in the older dataset.",
  ]);
  for (const line of [
    "error  10.0 %  0.0 %",
    "wrong  1 of 10  0 of 10",
    "recall of black  83.3 %  100.0 %",
    "black  +1  -1",
    "mended: 1",
  ])
    expect(lines.map((each) => each.trim())).toContain(line);
  expect(text).toContain(`http://127.0.0.1:8080/v1/datasets/${dataset.id}/items/ITEM/image`);
  expect(text).toMatch(/black +teddy +black +20\.0 % +90\.0 % +7 +https:\/\/pictures\.example\/7\.jpg/);
  expect(describeComparison(RESULT, { top: 0, url: "" })).not.toContain("mended");
});

test("the journal says what was changed, or that nothing was", () => {
  const row: JournalRow = {
    ...{ model: NEW, state: "ready", createdAt: "2026-01-01T00:00:00.000Z", dataset, epochs: 4, parent: OLD },
    error: { stage: "stage-1", errorRate: 0.018, low: 0.003, high: 0.094 },
    changes: [
      { field: "dataset", before: "ds_1 version 1", after: "ds_2 version 2" },
      { field: "validFraction", after: "0.3" },
    ],
  };
  const { parent: _, error: __, ...first } = { ...row, model: OLD, changes: [], name: "three bears", note: "first" };
  const text = describeJournal([row, { ...row, changes: [] }, { ...first, state: "failed" }]);
  expect(text).toMatch(
    /1\.8 % +0\.3 % to 9\.4 % +v2 +mdl_\w+1 +dataset ds_1 version 1 → ds_2 version 2; validFraction none → 0\.3/,
  );
  expect(text).toMatch(/mdl_\w+1 +nothing/);
  expect(text).toMatch(/failed +v2 +three bears: first/);
});
