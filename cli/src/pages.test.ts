// As many items as were asked for, from as many pages as that takes.
import { expect, test } from "vitest";
import { type PageQuery, readPages, readRecords } from "./pages.ts";

/** A list route over the numbers below `total` that gives at most 10 at once. */
function numbers(total: number) {
  const asked: PageQuery[] = [];
  const read = async (query: PageQuery) => {
    asked.push(query);
    if (query.limit > 200) throw new Error(`limit ${query.limit} is more than the route takes`);
    const start = Number(query.cursor ?? 0);
    const end = Math.min(start + query.limit, total);
    const items = Array.from({ length: end - start }, (_, n) => start + n);
    return { items, ...(end < total ? { next: String(end) } : {}) };
  };
  return { asked, read };
}

test("more than a page holds comes from several, each item once and in order", async () => {
  const { asked, read } = numbers(1000);
  const { items, hasMore } = await readPages(read, { limit: 25, pageSize: 10 });
  expect(items).toEqual(Array.from({ length: 25 }, (_, n) => n));
  expect(asked).toEqual([{ limit: 10 }, { limit: 10, cursor: "10" }, { limit: 5, cursor: "20" }]);
  expect(hasMore).toBe(true);
});

test("everything ends with the last page", async () => {
  const { items, hasMore } = await readPages(numbers(23).read, { limit: Number.POSITIVE_INFINITY, pageSize: 10 });
  expect([items.length, hasMore]).toEqual([23, false]);
});

test("a page may be empty and have a next one: rare records are looked for page by page", async () => {
  const pages = [{ items: [], next: "a" }, { items: [7] }];
  const { items } = await readPages(async () => pages.shift() ?? { items: [] }, { limit: 50, pageSize: 50 });
  expect(items).toEqual([7]);
});

test("a list of records says that more follow, unless all were asked for", async () => {
  const notes: string[] = [];
  const print = { isJson: false, answer() {}, note: (line: string) => void notes.push(line) };
  expect(await readRecords(numbers(51).read, { all: undefined, print })).toHaveLength(50);
  expect(notes).toEqual([expect.stringContaining("--all")]);
  expect(await readRecords(numbers(451).read, { all: true, print })).toHaveLength(451);
  expect(await readRecords(numbers(50).read, { all: undefined, print })).toHaveLength(50);
  expect(notes).toHaveLength(1);
});
