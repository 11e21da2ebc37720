import { expect, test } from "vitest";
import { ContentIndex } from "./content-index.ts";

test("of a hundred thousand contents, each is found where it was first, however the table grows", () => {
  const index = new ContentIndex();
  const first = new Map<string, number>();
  for (let item = 0; item < 100_000; item++) {
    // Squares repeat: about half of these are there already.
    const content = `https://example.org/${(item * item) % 99_991}.jpg`;
    const expected = first.get(content) ?? item;
    first.set(content, expected);
    if (index.add(content, item) !== expected) throw new Error(`item ${item} is not that of ${expected}`);
  }
  expect(first.size).toBeGreaterThan(40_000);
});

test("items may have any numbers", () => {
  const index = new ContentIndex();
  expect([index.add("a", 7), index.add("b", 900_000), index.add("a", 900_001), index.add("b", 3)]).toEqual([
    7, 900_000, 7, 900_000,
  ]);
});
