// What a draft keeps of what a person says, in whatever order and however often it is said.
import type { Item } from "@ursa/contracts/dataset";
import type { Edit } from "@ursa/contracts/edits";
import type { Outcome } from "@ursa/contracts/outcomes";
import { describe, expect, test } from "vitest";
import { addToDraft, countEdits, refusedEdits, withoutCommitted } from "./draft.ts";

const row = (index: number, outcome: Outcome): [string, Item] => [
  String(index),
  { ...{ index, key: String(index), class: "black", url: "https://a.example", outcome, source: "list", line: 1 } },
];
const ITEMS = new Map([
  ...[0, 1, 2, 3].map((index) => row(index, "ok")),
  row(4, "removed"),
  row(5, "label_conflict"),
  row(6, "http_4xx"),
  row(7, "duplicate"),
]);
const stamp = { at: "2026-01-01T00:00:00Z", by: "key_1" };
const later = { at: "2026-01-02T00:00:00Z", by: "key_2" };

const EMPTY = { edits: [], decisions: [] };

const shown = (draft: ReturnType<typeof addToDraft>) =>
  draft.edits.map((edit) => `${edit.key} ${edit.action} ${edit.class ?? edit.of ?? ""}`.trim()).join(", ");
const say = (...edits: Edit[]) => shown(addToDraft(EMPTY, edits, { items: ITEMS, stamp }));

const keep = (key: string): Edit => ({ action: "keep", key });
const remove = (key: string): Edit => ({ action: "delete", key });
const restore = (key: string): Edit => ({ action: "restore", key });
const relabel = (key: string, name: string): Edit => ({ action: "relabel", key, class: name });
const same = (key: string, of: string): Edit => ({ action: "same", key, of });

describe("a draft", () => {
  test.each<[string, Edit[], string]>([
    ["has one edit of an item, the last", [remove("0"), keep("1"), relabel("0", "teddy")], "1 keep, 0 relabel teddy"],
    ["has nothing of what was undone", [remove("0"), restore("0")], ""],
    ["brings back what an earlier version removed", [restore("4")], "4 restore"],
    ["takes back that it was to be brought back", [restore("4"), remove("4")], ""],
    ["brings back what stands in two classes, under one of them", [relabel("5", "teddy")], "5 relabel teddy"],
    ["keeps out of use what stands in two classes", [keep("5")], "5 keep"],
    ["and takes that back", [keep("5"), remove("5")], ""],
    ["takes the class that an item has for a look at it", [relabel("0", "black")], "0 keep"],
    ["and of an item not in use for bringing it back", [relabel("5", "black")], "5 restore"],
    ["keeps the one that others are the same as", [same("1", "0"), same("2", "0")], "1 same 0, 0 keep, 2 same 0"],
    [
      "never lets two be the same as each other, and so lose both",
      [same("0", "1"), same("1", "0")],
      "1 same 0, 0 keep",
    ],
    [
      "lets a picture that stays have its new class",
      [relabel("0", "teddy"), same("1", "0")],
      "0 relabel teddy, 1 same 0",
    ],
  ])("%s", (_, edits, expected) => {
    expect(say(...edits)).toBe(expected);
    // The request came twice: the first answer was lost.
    expect(say(...edits, ...edits)).toBe(expected);
  });

  test("an edit that is there already stays as it was said first", () => {
    const draft = addToDraft(EMPTY, [remove("0"), keep("1")], { items: ITEMS, stamp });
    expect(addToDraft(draft, [remove("0")], { items: ITEMS, stamp: later })).toEqual(draft);
    const { edits } = addToDraft(draft, [keep("0")], { items: ITEMS, stamp: later });
    expect(edits[1]).toEqual({ key: "0", action: "keep", ...later });
  });

  test("keeps what each said of an item, also what another said otherwise or took back, once", () => {
    const first = addToDraft(EMPTY, [remove("0"), remove("1"), restore("2")], { items: ITEMS, stamp });
    const second = addToDraft(first, [relabel("0", "teddy"), restore("1")], { items: ITEMS, stamp: later });
    expect(shown(second)).toBe("0 relabel teddy");
    expect(second.decisions).toEqual([
      { ...remove("0"), ...stamp },
      { ...remove("1"), ...stamp },
      { ...relabel("0", "teddy"), ...later },
      { ...restore("1"), ...later },
    ]);
    const again = addToDraft(second, [relabel("0", "teddy"), restore("1")], { items: ITEMS, stamp: later });
    expect(again).toEqual(second);
    expect(withoutCommitted(second, first)).toEqual({ edits: second.edits, decisions: second.decisions.slice(2) });
    expect(withoutCommitted(second, second)).toEqual(EMPTY);
  });

  test("is counted by action", () => {
    const draft = addToDraft(EMPTY, [remove("0"), keep("1"), keep("2")], { items: ITEMS, stamp });
    expect(countEdits(draft.edits)).toEqual({ delete: 1, keep: 2 });
  });
});

test.each<[Edit, string]>([
  [keep("99"), "there is no item 99"],
  [same("0", "99"), "there is no item 99"],
  [same("0", "0"), "item 0 cannot be the same picture as itself"],
  [keep("4"), "item 4 is removed: keep is for ok, label_conflict"],
  [same("4", "0"), "item 4 is removed: same is for ok"],
  [same("0", "5"), "item 5 is label_conflict: same is for ok"],
  [remove("6"), "item 6 is http_4xx: delete is for ok, removed, label_conflict"],
  [relabel("6", "teddy"), "item 6 is http_4xx: relabel is for ok, removed, label_conflict"],
  [restore("7"), "item 7 is duplicate: restore is for ok, removed, label_conflict"],
])("%o cannot be made: %s", (edit, reason) => {
  const refused = refusedEdits([keep("0"), edit], ITEMS);
  expect(refused).toEqual([{ key: edit.key, action: edit.action, reason }]);
});
