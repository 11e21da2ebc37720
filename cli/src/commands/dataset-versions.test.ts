// What is typed for an edit, and what a draft looks like.
import { expect, test } from "vitest";
import { describeDraft, editsOf } from "./dataset-versions.ts";

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
