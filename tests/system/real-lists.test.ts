// The lesson's own URL lists, years later: 1,000 rows as people collected them, on a machine that may have no network at all.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Item } from "@ursa/contracts/dataset";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { startWorld } from "./world.ts";

const LISTS = fileURLToPath(new URL("../../../shared/data/bear-urls", import.meta.url));
const areHere = existsSync(LISTS);
if (!areHere)
  reportAbsentPart("The lesson's URL lists were not found, so the dataset job was tested on drawn bears only.");

test.skipIf(!areHere)("every one of the 1,000 rows ends in one outcome, and the report has each", async () => {
  await using world = await startWorld();
  const started = performance.now();
  const seen = await runCli(["dataset", "create", LISTS, "--json", "--url", world.ursa.apiUrl]);
  expect((performance.now() - started) / 1000).toBeLessThan(60);
  const dataset = JSON.parse(seen.out);
  const { outcomes } = dataset.counts;
  expect(dataset.listed).toBe(1000);
  expect(dataset.counts.classes.map((each: { listed: number }) => each.listed)).toEqual([300, 300, 400]);
  expect(outcomes).toMatchObject({ bad_scheme: 1, duplicate: 5, label_conflict: 4 });
  expect(Object.values<number>(outcomes).reduce((sum, count) => sum + count, 0)).toBe(1000);
  if (!outcomes.ok) {
    expect(dataset).toMatchObject({ state: "failed", error: { code: "class_mostly_failed" } });
    expect(seen.code).toBe(1);
  }
  const report = await world.session.client.call("getReport", { params: { id: dataset.id } });
  expect((await report.text()).trimEnd().split("\n")).toHaveLength(1001);
  expect(await indexesOf(world.session.client, dataset.id)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
});

type Api = Awaited<ReturnType<typeof startWorld>>["session"]["client"];

/** Pages through all items, so that a page boundary that loses or repeats one is seen. */
async function indexesOf(client: Api, id: string): Promise<number[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call("listItems", {
      params: { id },
      query: { limit: 300, ...(cursor ? { cursor } : {}) },
    });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items.map(({ index }) => index);
}
