import type { Split } from "@ursa/contracts/dataset";
import { describe, expect, test } from "vitest";
import { OWNER, openScratchStore, planLists, toArray } from "./dataset.fixture.ts";
import { readPlan } from "./parts.ts";
import { planDataset } from "./plan-dataset.ts";
import { parseUrlList } from "./url-list.ts";

const urls = (count: number, prefix = "u") =>
  Array.from({ length: count }, (_, n) => `https://example.org/${prefix}${n}.jpg`);

async function planned(lists: Record<string, string[]>, options = {}) {
  await using store = await openScratchStore();
  const plan = await planLists(store, lists, options);
  const shards = await Promise.all(
    Array.from({ length: plan.shards }, (_, shard) => readPlan(store, { target: "dataset", owner: OWNER, shard })),
  );
  return { plan, rows: shards.flat(), shards };
}
const outcomes = (rows: { outcome?: string | undefined }[]) => rows.map((row) => row.outcome ?? "to fetch").join(" ");

describe("a plan", () => {
  test("has every listed URL once, in the order listed, and classes in an order of their own", async () => {
    const { plan, rows } = await planned({ teddy: urls(30, "t"), black: urls(50, "b") });
    expect(plan).toMatchObject({ classes: ["black", "teddy"], listed: 80 });
    expect(rows.map((row) => row.index)).toEqual(Array.from({ length: 80 }, (_, n) => n));
    expect(rows[30]).toEqual({
      index: 30,
      key: "30",
      class: "black",
      url: "https://example.org/b0.jpg",
      source: "urls_black.txt",
      line: 1,
    });
  });

  test.each([
    [4, 1],
    [100, 7],
    [1000, 16],
    [4096, 16],
    [6000, 24],
  ])("of %d rows has %d shards", async (count, expected) => {
    const { plan, shards } = await planned({ a: urls(count / 2, "a"), b: urls(count / 2, "b") });
    expect(plan.shards).toBe(expected);
    expect(Math.max(...shards.map((rows) => rows.length))).toBeLessThanOrEqual(256);
  });

  test("judges what the lists alone can tell", async () => {
    const good = "https://example.org/1.jpg";
    const { rows } = await planned({
      a: [
        good,
        `${good}#again`,
        "x-raw-image:///fa58",
        "ftp://example.org/x.jpg",
        "none",
        ...urls(2, "a"),
        ...urls(1, "z"),
      ],
      b: ["https://EXAMPLE.org:443/b0.jpg", "https://example.org/b0.jpg", ...urls(2, "a"), ...urls(3, "c")],
    });
    expect(outcomes(rows)).toBe(
      "to fetch duplicate bad_scheme bad_scheme bad_scheme label_conflict label_conflict to fetch " +
        "to fetch duplicate label_conflict label_conflict to fetch to fetch to fetch",
    );
  });

  test("takes the first N of a class as they are listed, whatever they are", async () => {
    const { rows } = await planned({ a: ["nonsense", ...urls(4, "a")], b: urls(4, "b") }, { maxImages: 3 });
    expect(outcomes(rows)).toBe("bad_scheme to fetch to fetch skipped skipped to fetch to fetch to fetch skipped");
    expect(rows[3]?.reason).toBe("after the first 3 of its class");
  });

  test("keeps an inlined picture by its beginning only", async () => {
    const { rows } = await planned({
      a: [`data:image/png;base64,${"A".repeat(9000)}`, ...urls(2, "a")],
      b: urls(2, "b"),
    });
    expect(rows[0]).toMatchObject({ outcome: "bad_scheme", reason: "expected http or https, got data" });
    expect(rows[0]?.url.length).toBeLessThan(4200);
  });

  test.each<[string, Split[], string]>([
    ["train and test alone: a part of train is to be checked with", ["train", "test"], "train:undefined test:test"],
    ["train alone", ["train"], "train:undefined"],
    ["all three: they are as they are said", ["train", "valid", "test"], "train:train valid:valid test:test"],
  ])("marks of %s", async (_, marks, expected) => {
    await using store = await openScratchStore();
    const listOf = (name: string, split: Split) => ({
      ...{ name, split, rows: parseUrlList(urls(2, `${name}${split}`).join("\n"), { name, class: name }) },
    });
    const sources = marks.flatMap((split) => ["a", "b"].map((name) => listOf(name, split)));
    const plan = await planDataset({ store, owner: OWNER, sources, options: {} });
    const read = (shard: number) => readPlan(store, { target: "dataset", owner: OWNER, shard });
    const rows = (await Promise.all(Array.from({ length: plan.shards }, (_, shard) => read(shard)))).flat();
    expect(rows).toHaveLength(4 * marks.length);
    const sides = rows.map(({ url, split }) => `${marks.find((mark) => url.includes(mark))}:${split}`);
    expect([...new Set(sides)].join(" ")).toBe(expected);
  });
});

describe("a hopeless dataset is refused before anything is fetched", () => {
  type Case = { lists: Record<string, string[]>; code: string; message: RegExp };
  const a = urls(5);
  const twice = ["https://b.org/1", "https://b.org/1"];
  test.each<[string, Case]>([
    ["one class", { lists: { a }, code: "too_few_classes", message: /\["a"\]/ }],
    [
      "a class of one",
      { lists: { a, b: urls(1, "b") }, code: "too_few_pictures", message: /Class "b".*1 in all.*add URLs/ },
    ],
    ["a class of repeats", { lists: { a, b: twice }, code: "too_few_pictures", message: /Class "b"/ }],
    ["the same list twice", { lists: { a, b: a }, code: "too_few_pictures", message: /Class "a".*0 in all/ }],
    ["an empty list", { lists: { a, b: [] }, code: "list_is_empty", message: /urls_b.txt/ }],
  ])("%s", async (_, { lists, code, message }) => {
    await using store = await openScratchStore();
    await expect(planLists(store, lists)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await toArray(store.list(""))).toEqual([]);
  });

  test("a class with nothing to check with", async () => {
    await using store = await openScratchStore();
    const source = (name: string, split?: "train") => ({
      name,
      ...(split ? { split } : {}),
      rows: parseUrlList(urls(5, name).join("\n"), { name }),
    });
    const sources = [source("a"), source("b", "train")];
    const planning = planDataset({ store, owner: OWNER, sources, options: {} });
    await expect(planning).rejects.toMatchObject({
      code: "too_few_pictures",
      message: expect.stringMatching(/5 for train.*add URLs for the side without one, or unmark some/),
    });
  });
});
