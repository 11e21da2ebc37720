// A sitting with the cleaner: decisions, second thoughts, and what the API is told of them.
import type { Draft, Edit } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";
import { expect, test } from "vitest";
import { asItIs, decide, editOfKey, reviewOf, takeBack, undo, wordsOfEdit } from "./review.ts";

const NOTHING: Draft = { dataset: "ds_00000000000000000000000000", counts: {}, edits: [] };
const CLASSES = ["black", "grizzly", "teddy"];
const suspect = (key: string, more: Partial<Suspect> = {}): Suspect => ({
  ...{ key, class: "black", outcome: "ok", url: `https://pictures.example/${key}.jpg`, benefit: 0.5 },
  reasons: [{ suspicion: "label", benefit: 0.5, says: "looks like teddy", looksLike: "teddy" }],
  ...more,
});
const twin = suspect("7", { reasons: [{ suspicion: "duplicate", benefit: 0.3, says: "as item 5", of: "5" }] });
const conflict = suspect("9", { outcome: "label_conflict" });
const isUsed = (key: string) => key !== "9";

test("keys say what is to become of a picture; others say nothing", () => {
  expect(editOfKey("k", suspect("1"), CLASSES)).toEqual({ action: "keep", key: "1" });
  expect(editOfKey("D", suspect("1"), CLASSES)).toEqual({ action: "delete", key: "1" });
  expect(editOfKey("3", suspect("1"), CLASSES)).toEqual({ action: "relabel", key: "1", class: "teddy" });
  expect(editOfKey("s", twin, CLASSES)).toEqual({ action: "same", key: "7", of: "5" });
  for (const key of ["4", "0", "s", "x", "Enter"]) expect(editOfKey(key, suspect("1"), CLASSES)).toBeUndefined();
});

test("its own class lets a picture stand, or brings one into use that was not", () => {
  expect(editOfKey("1", suspect("1"), CLASSES)).toEqual({ action: "keep", key: "1" });
  expect(editOfKey("k", conflict, CLASSES)).toEqual({ action: "restore", key: "9" });
  expect(editOfKey("1", conflict, CLASSES)).toEqual({ action: "restore", key: "9" });
  expect([asItIs(suspect("1")), asItIs(conflict)].map(({ action }) => action)).toEqual(["keep", "keep"]);
});

test("a picture that is left out of use was decided, when the page is opened again too", () => {
  const edit = editOfKey("d", conflict, CLASSES);
  expect(edit).toEqual({ action: "keep", key: "9" });
  const draft = { ...NOTHING, edits: [{ key: "9", action: "keep" as const, at: "2026-11-30T00:00:00.000Z" }] };
  expect(reviewOf(draft).decisions.get("9")).toEqual(edit);
  // Taken back by what takes an edit off what is not in use.
  expect(undo(decide(reviewOf(NOTHING), edit ? [edit] : []), isUsed).edits).toEqual([{ action: "delete", key: "9" }]);
});

test("each step is taken back to what was said before it, which may be nothing", () => {
  const steps: Edit[][] = [
    [{ action: "relabel", key: "1", class: "teddy" }],
    [{ action: "delete", key: "1" }],
    [
      { action: "keep", key: "2" },
      { action: "restore", key: "9" },
    ],
  ];
  const all = steps.reduce(decide, reviewOf(NOTHING));
  expect([...all.decisions.keys()]).toEqual(["1", "2", "9"]);
  const once = undo(all, isUsed);
  // What is not in use is left out as before; `restore` would bring it back.
  expect(once.edits).toEqual([
    { action: "delete", key: "9" },
    { action: "restore", key: "2" },
  ]);
  const twice = undo(once.review, isUsed);
  expect(twice.edits).toEqual([{ action: "relabel", key: "1", class: "teddy" }]);
  const thrice = undo(twice.review, isUsed);
  expect(thrice).toEqual({ review: reviewOf(NOTHING), edits: [{ action: "restore", key: "1" }] });
  expect(undo(thrice.review, isUsed).edits).toEqual([]);
});

test("of two that are the same the other is kept, and both are open again when that is taken back", () => {
  const said = decide(reviewOf(NOTHING), [{ action: "same", key: "7", of: "5" }]);
  expect([...said.decisions.values()].map(wordsOfEdit)).toEqual(["goes, item 5 stays", "stays as it is"]);
  const { edits } = undo(said, isUsed);
  expect(edits.map(({ key, action }) => `${action} ${key}`)).toEqual(["restore 5", "restore 7"]);
});

test("a draft is gone on with, and is no step to be taken back", () => {
  const at = "2026-11-30T00:00:00.000Z";
  const review = reviewOf({ ...NOTHING, edits: [{ key: "1", action: "relabel", class: "teddy", by: "key_1", at }] });
  expect([...review.decisions.values()]).toEqual([{ key: "1", action: "relabel", class: "teddy" }]);
  expect(undo(review, isUsed).edits).toEqual([]);
});

test("what was said of an item is taken back by itself, and that can be undone", () => {
  const said = decide(decide(reviewOf(NOTHING), [{ action: "delete", key: "1" }]), [{ action: "keep", key: "2" }]);
  const { review, edit } = takeBack(said, { key: "1", outcome: "ok" });
  expect(edit).toEqual({ action: "restore", key: "1" });
  expect([...review.decisions.keys()]).toEqual(["2"]);
  expect(undo(review, isUsed).edits).toEqual([{ action: "delete", key: "1" }]);
  // In a version that does not use it, it is not used when nothing is said.
  expect(takeBack(said, { key: "1", outcome: "removed" }).edit).toEqual({ action: "delete", key: "1" });
});
