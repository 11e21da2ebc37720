// Lists that people really collected, where the checkout has them beside it.
import { createReadStream, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { assembleDataset } from "./assemble.ts";
import { NEVER, OPTIONS, OWNER, openScratchStore, recordOf } from "./dataset.fixture.ts";
import { fetchShard } from "./fetch-shard.ts";
import { planDataset } from "./plan-dataset.ts";
import { reportCsv } from "./report.ts";
import type { PictureTools } from "./try-row.ts";
import { parseUrlList } from "./url-list.ts";

const FOLDER = join(import.meta.dirname, "../../../../shared/data/bear-urls");
const isThere = existsSync(FOLDER);
if (!isThere) reportAbsentPart("The real URL lists are not beside this checkout, so only made-up ones were read.");

const OFFLINE: PictureTools = {
  fetcher: {
    fetch: async () => ({
      ok: false,
      outcome: "dns_error",
      reason: "there is no network",
      attempts: 1,
      milliseconds: 1,
    }),
  },
  decoders: { inspect: () => Promise.reject(new Error("nothing was fetched")) },
};

test.skipIf(!isThere)("a thousand URLs without a network end in a thousand rows, and the job says why", async () => {
  await using store = await openScratchStore();
  const names = (await readdir(FOLDER)).toSorted();
  const sources = names.map((name) => ({ name, rows: parseUrlList(createReadStream(join(FOLDER, name)), { name }) }));
  const plan = await planDataset({ store, owner: OWNER, sources, options: OPTIONS });
  expect(plan).toMatchObject({ listed: 1000, classes: ["blackbear", "grizzlybear", "teddybear"] });
  for (let shard = 0; shard < plan.shards; shard++) {
    await fetchShard({ ...OFFLINE, store, target: "dataset", owner: OWNER, shard, signal: NEVER });
  }
  const { counts, error, manifest } = await assembleDataset({ store, record: recordOf(plan), signal: NEVER });
  expect(counts.classes.map(({ listed }) => listed)).toEqual([300, 300, 400]);
  expect(counts.outcomes).toEqual({ bad_scheme: 1, duplicate: 5, label_conflict: 4, dns_error: 990 });
  expect(error?.code).toBe("class_mostly_failed");
  const report = parse(await text(await reportCsv(store, manifest.key)), { columns: true }) as { index: string }[];
  expect(report.map((row) => Number(row.index))).toEqual(Array.from({ length: 1000 }, (_, n) => n));
});
