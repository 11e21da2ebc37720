import { text } from "node:stream/consumers";
import type { Item } from "@ursa/contracts/dataset";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { openScratchStore, toArray } from "./dataset.fixture.ts";
import { toJsonLines } from "./json-lines.ts";
import { findItem, findItems, type ItemFilter, pageOfItems } from "./manifest.ts";
import { reportCsv } from "./report.ts";

const KEY = "manifest.jsonl";

/** Lines of very different lengths, with characters of several bytes and one that some readers take for a line end. */
function items(count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    key: String(index),
    class: index % 3 === 0 ? "Bär\u2028" : "teddy",
    url: `https://example.org/${"ü".repeat(index % 7 === 0 ? 900 : index % 5)}`,
    outcome: index % 4 === 0 ? ("timeout" as const) : ("ok" as const),
    source: "urls.txt",
    line: index + 1,
    ...(index % 4 === 0 ? {} : { split: index % 2 === 0 ? ("valid" as const) : ("train" as const) }),
  }));
}

async function storeWith(rows: Item[]) {
  const store = await openScratchStore();
  await store.put(KEY, toJsonLines(rows));
  return store;
}

describe("pages", () => {
  test.each<[string, ItemFilter, number]>([
    ["of everything", {}, 100],
    ["of everything, one by one", {}, 1],
    ["of a class", { class: "Bär\u2028" }, 7],
    ["of a side", { split: "valid" }, 10],
    ["of an outcome and a class", { outcome: "timeout", class: "teddy" }, 3],
    ["of every failure", { outcome: "failed" }, 10],
    ["of what there is none of", { class: "black" }, 10],
  ])("%s, together, are all that pass", async (_, filter, limit) => {
    const all = items(200);
    await using store = await storeWith(all);
    const seen: Item[] = [];
    let cursor: string | undefined;
    do {
      const page = await pageOfItems(store, KEY, { ...filter, limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items);
      cursor = page.next;
    } while (cursor);
    const passes = (item: Item) =>
      Object.entries(filter).every(([name, value]) =>
        // Of the outcomes above only `timeout` is a failure.
        value === "failed" ? item.outcome === "timeout" : item[name as keyof ItemFilter] === value,
      );
    expect(seen).toEqual(all.filter(passes));
  });

  test.each([1, 3])("of keys that are named, %i times as many as are looked for one by one", async (times) => {
    const all = items(200);
    await using store = await storeWith(all);
    const asked = Array.from({ length: 6 * times }, (_, n) => String((n * 61) % 210));
    const query = { keys: asked, limit: 1, class: "teddy" };
    const wanted = all.filter((item) => asked.includes(item.key) && item.class === "teddy");
    expect(wanted.length).toBeGreaterThan(2);
    expect(await pageOfItems(store, KEY, query)).toEqual({ items: wanted });
  });

  test.each(["1", "-5", "abc", "99999999", "1e3", ""])("cursor %j that no page gave is refused", async (cursor) => {
    await using store = await storeWith(items(50));
    const page = pageOfItems(store, KEY, { limit: 5, cursor });
    if (cursor === "") expect((await page).items).toHaveLength(5);
    else await expect(page).rejects.toMatchObject({ code: "invalid_request" });
  });
});

test.each([1, 2, 30, 400])("any item of %d is found, and no other", async (count) => {
  const all = items(count);
  await using store = await storeWith(all);
  const step = Math.ceil(count / 40);
  for (let index = 0; index < count; index += step) {
    expect(await findItem(store, KEY, String(index))).toEqual(all[index]);
  }
  expect(await findItem(store, KEY, String(count - 1))).toEqual(all[count - 1]);
  // A few are looked for, many are read; what is not there is left out either way.
  for (const wanted of [[0, 5], Array.from({ length: 20 }, (_, n) => 3 * n)])
    expect([...(await findItems(store, KEY, new Set([...wanted, count].map(String)))).values()]).toEqual(
      wanted.flatMap((index) => all[index] ?? []),
    );
  expect(await findItem(store, KEY, String(count))).toBeUndefined();
});

test("an empty manifest has one empty page and no item", async () => {
  await using store = await storeWith([]);
  expect(await pageOfItems(store, KEY, { limit: 5 })).toEqual({ items: [] });
  expect(await findItem(store, KEY, "0")).toBeUndefined();
});

describe("the report", () => {
  test("has one row per item, and no cell that a spreadsheet would run", async () => {
    const rows = items(20);
    const evil = { ...rows[3], class: '=HYPERLINK("https://evil.example")', reason: '+1, or\r\n"so"' } as Item;
    await using store = await storeWith([...rows.slice(0, 3), evil, ...rows.slice(4)]);
    const csv = await text(await reportCsv(store, KEY));
    const parsed = parse(csv, { columns: true }) as Record<string, string>[];
    expect(parsed).toHaveLength(20);
    expect(parsed[1]).toMatchObject({
      index: "1",
      class: "teddy",
      outcome: "ok",
      split: "train",
      source: "urls.txt",
      line: "2",
    });
    expect(parsed[3]?.class).toBe(`'${evil.class}`);
    expect(parsed[3]?.reason).toBe(`'${evil.reason}`);
  });

  test("of a dataset without a manifest is an error before the first byte", async () => {
    await using store = await openScratchStore();
    await expect(reportCsv(store, KEY)).rejects.toThrow("There is no manifest");
  });

  test("that breaks off is an error of the stream", async () => {
    await using store = await storeWith(items(3));
    const { body } = await store.get(KEY);
    await store.put(KEY, body.subarray(0, -10));
    await expect(toArray(await reportCsv(store, KEY))).rejects.toThrow();
  });
});
