// Stop when two screens in a row were right as they are, and say what is likely to be missed.
import type { Edit } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";
import { expect, test } from "vitest";
import { estimateLeft } from "./estimate-left.ts";

const suspects = (benefits: number[]): Suspect[] =>
  benefits.map((benefit, at) => ({
    ...{ key: String(at), class: "black", outcome: "ok", url: "https://pictures.example/a.jpg", benefit },
    reasons: [{ suspicion: "label", benefit, says: "looks like teddy" }],
  }));
const decisions = (...edits: Edit[]) => new Map(edits.map((edit) => [edit.key, edit]));
const keeps = (from: number, to: number): Edit[] =>
  Array.from({ length: to - from }, (_, at) => ({ action: "keep", key: String(from + at) }));

test("nothing is said before ten in a row were kept", () => {
  const list = suspects(Array(40).fill(0.5));
  const estimate = (...edits: Edit[]) => estimateLeft({ decisions: decisions(...edits), suspects: list, unseen: 0 });
  expect(estimate(...keeps(0, 9))).toBeUndefined();
  expect(estimate(...keeps(0, 8), { action: "delete", key: "8" }, ...keeps(9, 18))).toBeUndefined();
  expect(estimate({ action: "delete", key: "0" }, ...keeps(1, 11))?.left).toBe(29);
});

test("of equals one in twelve, of less beneficial ones fewer, and never more than there are", () => {
  const looked = { decisions: decisions(...keeps(0, 10)) };
  const equal = suspects(Array(34).fill(0.6));
  expect(estimateLeft({ ...looked, suspects: equal, unseen: 0 })).toEqual({
    ...{ looked: 10, left: 24 },
    expected: expect.closeTo(2),
  });
  const falling = suspects([...Array(10).fill(0.6), ...Array(24).fill(0.3)]);
  expect(estimateLeft({ ...looked, suspects: falling, unseen: 0 })?.expected).toBeCloseTo(1);
  // Those that were not loaded yet are at most as beneficial as the last that were.
  expect(estimateLeft({ ...looked, suspects: falling, unseen: 24 })?.expected).toBeCloseTo(2);
  const rising = suspects([...Array(10).fill(0.01), 1]);
  expect(estimateLeft({ ...looked, suspects: rising, unseen: 0 })?.expected).toBe(1);
});
