// What is typed for an edit, and what a draft and a diff look like.
import { expect, test } from "vitest";
import { describeDiff, describeDraft, editsOf } from "./dataset-versions.ts";

const ID = "ds_01JABCDEFGHJKMNPQRSTVWXYZ0";

test("every option names items, and some what they are", () => {
  const typed = { keep: ["1", "2"], delete: ["3"], relabel: ["4=black bear"], restore: ["5"], same: ["6=7"] };
  expect(editsOf(typed)).toEqual([
    { action: "keep", key: "1" },
    { action: "keep", key: "2" },
    { action: "delete", key: "3" },
    { action: "restore", key: "5" },
    { action: "relabel", key: "4", class: "black bear" },
    { action: "same", key: "6", of: "7" },
  ]);
  expect(editsOf({})).toEqual([]);
});

test.each(["4", "4=", "=teddy", "teddy=4"])("a relabel that says %s is told what is missing", (value) => {
  expect(() => editsOf({ relabel: [value] })).toThrow(`like 7=teddy, got ${value}`);
});

test("a draft is shown with what to do about it", () => {
  const at = "2026-01-01T00:00:00Z";
  const edits = [
    { key: "3", action: "delete" as const, at },
    { key: "4", action: "relabel" as const, class: "teddy", by: "key_1", at },
  ];
  const shown = describeDraft({ dataset: ID, counts: { relabel: 1, delete: 1 }, edits });
  expect(shown).toMatch(/3 {2}delete .*\n *4 {2}relabel {2}teddy {2}key_1/);
  expect(shown).toContain(`1 delete, 1 relabel; make them a version with \`ursa dataset commit ${ID}\``);
  expect(describeDraft({ dataset: ID, counts: {}, edits: [] })).toBe(`${ID} has no edits that are not committed`);
});

test("a diff is shown as a sentence of counts and a row for each picture", () => {
  const [from, to] = [
    { id: ID, version: 1 },
    { id: `${ID.slice(0, -1)}1`, version: 2 },
  ];
  const counts = { added: 0, removed: 0, relabelled: 1, restored: 0 };
  const item = { key: "4", change: "relabelled" as const, class: "teddy", was: "black", url: "https://a.example/4" };
  const shown = describeDiff({ from, to, counts, items: [{ ...item, outcome: "ok" }] });
  expect(shown).toContain("(version 2): 0 added, 0 removed, 1 relabelled, 0 restored\n");
  expect(shown).toMatch(/4 {2}relabelled {2}black → teddy .*https:\/\/a\.example\/4/);
});
