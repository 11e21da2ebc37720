import { type EvaluatedItem, type EvaluatedItemsQuery, evaluatedItemsQuerySchema } from "@ursa/contracts/evaluation";
import { keys } from "@ursa/store/keys";
import { expect, test } from "vitest";
import { openScratchStore } from "./dataset.fixture.ts";
import { pageOfEvaluatedItems } from "./evaluated-items.ts";
import { toJsonLines } from "./json-lines.ts";

const OWNER = { namespace: "default", id: "evl_1" };
const CLASSES = ["black", "teddy"];

/** Losses repeat, so that equal ones have an order; every ninth picture could not be read. */
const items = (count: number): EvaluatedItem[] =>
  Array.from({ length: count }, (_, n) => {
    const place = { key: String(n), class: CLASSES[n % 2] ?? "", url: `http://b/${n}`, source: "list", line: n + 1 };
    if (n % 9 === 8) return { ...place, outcome: "corrupt_image" as const, split: "train" as const };
    const predicted = n % 5 === 0 ? (CLASSES[(n + 1) % 2] ?? "") : place.class;
    const split = n % 3 === 0 ? ("valid" as const) : ("train" as const);
    return { ...place, outcome: "ok" as const, predicted, probability: 0.5, loss: (n * 7) % 50, split };
  });

async function storeOf(count: number) {
  const store = await openScratchStore();
  const all = items(count);
  for (let part = 0; part * 64 < count; part += 1)
    await store.put(keys.evaluation.answers(OWNER, part), toJsonLines(all.slice(part * 64, part * 64 + 64)));
  return { store, all };
}
const query = (asked: Partial<EvaluatedItemsQuery>) => ({ ...evaluatedItemsQuerySchema.parse({}), ...asked });

test("pages in the order of losses are what sorting everything gives, and none is told twice", async () => {
  const { store, all } = await storeOf(300);
  const sorted = all.toSorted((a, b) => (b.loss ?? -1) - (a.loss ?? -1));
  const told: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await pageOfEvaluatedItems(store, OWNER, query({ limit: 70, cursor }));
    told.push(...page.items);
    cursor = page.next;
  } while (cursor);
  expect(told).toEqual(sorted);
});

test("filters by side, classes and whether it was wrong", async () => {
  const { store, all } = await storeOf(150);
  const asked = { order: "key", limit: 1000 } as const;
  const keysOf = async (filter: Partial<EvaluatedItemsQuery>) =>
    (await pageOfEvaluatedItems(store, OWNER, query({ ...asked, ...filter }))).items.map(({ key }) => key);
  const wanted = (passes: (item: (typeof all)[number]) => boolean) => all.filter(passes).map(({ key }) => key);
  expect(await keysOf({})).toEqual(wanted(() => true));
  expect(await keysOf({ split: "valid" })).toEqual(wanted(({ split }) => split === "valid"));
  expect(await keysOf({ class: "black", predicted: "teddy" })).toEqual(
    wanted((item) => item.class === "black" && item.predicted === "teddy"),
  );
  expect(await keysOf({ key: "77" })).toEqual(["77"]);
  expect(await keysOf({ wrong: true })).toEqual(
    wanted((item) => item.predicted !== undefined && item.predicted !== item.class),
  );
  expect(await keysOf({ wrong: false })).toEqual(wanted((item) => item.predicted === item.class));
});

test("an evaluation that has answered nothing yet has an empty page, and a made-up cursor is refused", async () => {
  const { store } = await storeOf(0);
  expect(await pageOfEvaluatedItems(store, OWNER, query({}))).toEqual({ items: [] });
  for (const cursor of ["-1", "x", "10000"])
    await expect(pageOfEvaluatedItems(store, OWNER, query({ cursor }))).rejects.toMatchObject({
      code: "invalid_request",
    });
});

test("wrong=false of a query is false", () => {
  expect(evaluatedItemsQuerySchema.parse({ wrong: "false" }).wrong).toBe(false);
});
