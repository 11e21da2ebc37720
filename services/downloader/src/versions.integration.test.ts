// Versions as a downloader makes them of the version before: nothing is fetched twice, and a killed downloader costs nothing but time.
import { createHash } from "node:crypto";
import { newId } from "@ursa/catalog/new-id";
import type { Dataset, Item } from "@ursa/contracts/dataset";
import type { LoggedEdit } from "@ursa/contracts/edits";
import { writeEdits } from "@ursa/dataset/committed-edits";
import { readItems } from "@ursa/dataset/manifest";
import { planAdditions, planRetry } from "@ursa/dataset/plan-version";
import { parseUrlList } from "@ursa/dataset/url-list";
import { keys } from "@ursa/store/keys";
import { ok, startImageServer, status } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { createDataset, type Surroundings, startSurroundings, waitForEnd } from "./downloader.fixture.ts";

/** Enough to be in the middle of it for a while. */
const ITEMS = 40_000;
const CLASSES = ["black", "teddy"];

const item = (index: number): Item => ({
  ...{ index, key: String(index), url: `https://pictures.example/${index}.jpg`, source: "list", line: index + 1 },
  ...{
    class: CLASSES[index % 2] ?? "",
    outcome: "ok",
    sha256: createHash("sha256").update(String(index)).digest("hex"),
  },
  ...{ split: index % 10 < 2 ? "valid" : "train", rank: index / ITEMS },
});

async function seedVersion({ store, catalog }: Surroundings): Promise<Dataset> {
  const owner = { namespace: "default", id: newId("dataset") };
  const text = Array.from({ length: ITEMS }, (_, index) => `${JSON.stringify(item(index))}\n`).join("");
  const manifest = { key: keys.dataset.manifest(owner, 1), sha256: "0".repeat(64), items: ITEMS };
  await store.put(manifest.key, text);
  const now = new Date().toISOString();
  const times = { createdAt: now, updatedAt: now, enqueued: 1, fence: 1 };
  const options = { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 };
  const own = { version: 1, classes: CLASSES, options, listed: ITEMS, shards: 0, manifest };
  return catalog.create("dataset", { ...owner, ...times, ...own, state: "ready" });
}

/** As the API does. */
async function commit({ store, catalog, producer }: Surroundings, parent: Dataset): Promise<Dataset> {
  const owner = { namespace: "default", id: newId("dataset") };
  const at = new Date(0).toISOString();
  const draft: LoggedEdit[] = [
    { key: "0", action: "delete", at },
    { key: "7", action: "relabel", class: "black", at },
  ];
  const record = await catalog.create("dataset", {
    ...{ ...parent, ...owner, state: "queued", version: 2, enqueued: 1, fence: 0, manifest: undefined },
    parent: { id: parent.id, version: 1, manifestSha256: parent.manifest?.sha256 ?? "" },
    edits: await writeEdits(store, owner, { edits: draft, decisions: draft }),
  });
  await producer.enqueueDataset(record);
  return record;
}

test("a downloader that is killed in the middle of a version leaves it to the next, which makes the same", async () => {
  await using around = await startSurroundings();
  const parent = await seedVersion(around);
  const first = await around.start();
  const whole = await waitForEnd(around, await commit(around, parent));
  expect(whole).toMatchObject({ state: "ready", counts: { outcomes: { ok: ITEMS - 1, removed: 1 } } });
  const states = [];
  for await (const { data } of around.events.backlog(whole)) if (data.type === "state") states.push(data.state);
  expect(states).toEqual(["running", "ready"]);
  const seen = new Map<string, Item>();
  for await (const row of readItems(around.store, whole.manifest?.key ?? "")) seen.set(row.key, row);
  expect(seen.get("0")).toMatchObject({ outcome: "removed", reserved: { split: "valid", rank: 0 } });
  expect(seen.get("7")).toEqual({ ...item(7), class: "black", reviewedAt: new Date(0).toISOString() });
  expect(seen.get("8")).toEqual(item(8));

  const disturbed = await commit(around, parent);
  const isTaken = async () => (await around.catalog.get("dataset", "default", disturbed.id)).fence === 1;
  await waitUntil(isTaken, { what: "the downloader to be at it" });
  await first.end("SIGKILL");
  expect(await around.catalog.get("dataset", "default", disturbed.id)).toMatchObject({ state: "running" });
  await around.start();
  const again = await waitForEnd(around, disturbed, 110_000);
  expect(again).toMatchObject({ state: "ready", fence: 2 });
  expect(again.manifest?.sha256).toBe(whole.manifest?.sha256);
});

test("additions fetch the new URLs and a retry the failed ones, each with its own progress", async () => {
  const pictures = await Promise.all(Array.from({ length: 12 }, (_, n) => drawBear(n % 2 ? "black" : "teddy", n)));
  await using server = await startImageServer(Object.fromEntries(pictures.map((bytes, n) => [`/${n}.jpg`, ok(bytes)])));
  server.set("/11.jpg", status(404));
  await using around = await startSurroundings({ allow: server.address });
  const { store, catalog, producer, events } = around;
  await around.start();
  const url = (n: number) => `${server.origin}/${n}.jpg`;
  const first = await waitForEnd(
    around,
    await createDataset(around, { black: [1, 3, 5, 11].map(url), teddy: [0, 2, 4].map(url) }),
  );

  type Plan = (input: Parameters<typeof planRetry>[0]) => ReturnType<typeof planRetry>;
  const make = async ({ manifest, counts: _, ...parent }: Dataset, plan: Plan) => {
    if (!manifest) throw new Error("the parent has no manifest");
    const owner = { namespace: "default", id: newId("dataset") };
    const own = await plan({ store, owner, parent: { ...parent, manifest }, signal: new AbortController().signal });
    const lineage = { id: parent.id, version: parent.version, manifestSha256: manifest.sha256 };
    const fresh = { state: "queued", fence: 0, version: parent.version + 1, parent: lineage } as const;
    const record = await catalog.create("dataset", { ...parent, ...own, ...owner, ...fresh });
    await producer.enqueueDataset(record);
    return waitForEnd(around, record);
  };
  const more = [3, 7, 9].map(url).join("\n");
  server.hits.length = 0;
  const second = await make(first, (input) =>
    planAdditions(input, [{ name: "more", rows: parseUrlList(more, { name: "more", class: "black" }) }]),
  );
  expect(second).toMatchObject({ state: "ready", counts: { outcomes: { ok: 8, http_4xx: 1, duplicate: 1 } } });
  expect(server.hits.toSorted()).toEqual(["/7.jpg", "/9.jpg"]);
  const fetched = [];
  for await (const { data } of events.backlog(second))
    if (data.type === "progress" && data.progress.phase === "fetch") fetched.push(data.progress);
  expect(fetched.at(-1)).toEqual({ phase: "fetch", done: 3, total: 3 });

  server.set("/11.jpg", ok(pictures[11] as Buffer)); // There are twelve.
  server.hits.length = 0;
  const third = await make(second, planRetry);
  expect(third).toMatchObject({ state: "ready", version: 3, counts: { outcomes: { ok: 9, duplicate: 1 } } });
  expect(server.hits).toEqual(["/11.jpg"]);
  const rows: Item[] = [];
  for await (const row of readItems(store, third.manifest?.key ?? "")) rows.push(row);
  // Each picture is read from the shard of the version that fetched it.
  const homes = new Set<string>();
  for (const { prepared } of rows.filter(({ outcome }) => outcome === "ok")) {
    const { shard, start, end } = prepared ?? { shard: "", start: 0, end: 0 };
    expect((await store.get(shard, { start, end })).body.subarray(0, 2).toString("hex")).toBe("ffd8");
    homes.add(shard.split("/")[3] ?? "");
  }
  expect(homes).toEqual(new Set([first.id, second.id, third.id]));
});
