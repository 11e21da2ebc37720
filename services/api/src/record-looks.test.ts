// One look at a record serves all who ask at once; whoever has heard of something newer looks anew.
import type { Catalog, RecordOf } from "@ursa/catalog/catalog";
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { expect, test } from "vitest";
import { createRecordLooks } from "./record-looks.ts";

const OWNER = { namespace: "default", id: "ds_01J00000000000000000000000" };

/** Every look finds a newer record than the one before. */
function countingCatalog() {
  const counted = { gets: 0, isAway: false };
  const get = async <K extends RecordKind>(_kind: K, namespace: string, id: string) => {
    if (counted.isAway) throw new Problem("store_unavailable");
    counted.gets += 1;
    // Nothing else of a record is looked at here.
    return { namespace, id, fence: counted.gets } as unknown as RecordOf<K>;
  };
  return { counted, catalog: { get } satisfies Pick<Catalog, "get"> };
}

test("a thousand who ask at once are answered with one look", async () => {
  const { counted, catalog } = countingCatalog();
  const looks = createRecordLooks(catalog);
  const records = await Promise.all(Array.from({ length: 1000 }, () => looks.look("dataset", OWNER)));
  expect(new Set(records).size).toBe(1);
  expect(counted.gets).toBe(1);
  await looks.look("dataset", { ...OWNER, id: "ds_01J00000000000000000000001" });
  expect(counted.gets).toBe(2);
});

test("who has heard an event is not answered with a look from before it", async () => {
  const { catalog } = countingCatalog();
  const looks = createRecordLooks(catalog);
  expect(await looks.look("dataset", OWNER)).toMatchObject({ fence: 1 });
  expect(await looks.look("dataset", OWNER, "5-0")).toMatchObject({ fence: 2 });
  expect(await looks.look("dataset", OWNER, "5-0")).toMatchObject({ fence: 2 });
});

test("a look that failed is not kept", async () => {
  const { counted, catalog } = countingCatalog();
  const looks = createRecordLooks(catalog);
  counted.isAway = true;
  await expect(looks.look("dataset", OWNER)).rejects.toMatchObject({ code: "store_unavailable" });
  counted.isAway = false;
  expect(await looks.look("dataset", OWNER)).toMatchObject({ fence: 1 });
});
