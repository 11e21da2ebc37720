// What is garbage: old, and named by nothing. Everything else stays, whatever it is that may still need it.
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Garbage } from "@ursa/contracts/operations";
import { Problem } from "@ursa/contracts/problem";
import { drawDataset, drawModel } from "@ursa/queue/records.fixture";
import { openFolderStore } from "@ursa/store/folder-store";
import { keys } from "@ursa/store/keys";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { createCatalog } from "./catalog.ts";
import { type CollectOptions, collectGarbage, type HoldFetch } from "./collect-garbage.ts";

const DAY_MS = 86_400_000;
const sha = (digit: string) => digit.repeat(64);
const free: HoldFetch = (work) => work(async () => {});

async function toldBy(options: CollectOptions): Promise<Garbage[]> {
  const told: Garbage[] = [];
  for await (const one of collectGarbage(options)) told.push(one);
  return told;
}

async function startAttic() {
  const folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path });
  const put = async (key: string, body: string, ageDays: number) => {
    await store.put(key, body);
    const then = new Date(Date.now() - ageDays * DAY_MS);
    await utimes(join(folder.path, key), then, then);
    return key;
  };
  const collect = (dryRun: boolean) =>
    toldBy({ store, holdFetch: free, dryRun, olderThanMs: 7 * DAY_MS, signal: new AbortController().signal });
  const close = async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  };
  return { store, catalog: createCatalog({ store }), put, collect, [Symbol.asyncDispose]: close };
}

test("what is old and needed by nothing is told first, and deleted only when asked", async () => {
  await using attic = await startAttic();
  const long = new Date(Date.now() - 30 * DAY_MS).toISOString();
  const ended = await attic.catalog.create("model", drawModel({ state: "ready", updatedAt: long }));
  const running = await attic.catalog.create("model", drawModel({ state: "running", updatedAt: long }));
  const lately = await attic.catalog.create("model", drawModel({ state: "ready" }));
  const dataset = await attic.catalog.create("dataset", drawDataset({ state: "running", updatedAt: long }));
  const gone = drawDataset();
  const checkpoint = (model: typeof ended) => keys.model.checkpoint(model, 1, { stage: "stage-1", epoch: 1, batch: 0 });
  const garbage = [
    await attic.put(keys.image("default", sha("a")), "unnamed", 30),
    await attic.put(keys.quarantine("default", sha("b")), "unnamed", 30),
    await attic.put(keys.features("default", sha("f"), sha("a")), "of a picture that goes", 30),
    await attic.put(keys.upload("default", "old.txt"), "https://a.example", 30),
    await attic.put(checkpoint(ended), "weights", 30),
    await attic.put(keys.dataset.part(gone, 0), `{"sha256":"${sha("c")}"}`, 30),
    await attic.put(keys.image("default", sha("c")), "named by what is gone", 30),
  ];
  const kept = [
    await attic.put(keys.dataset.part(dataset, 0), `{"sha256":"${sha("d")}"}`, 30),
    await attic.put(keys.image("default", sha("d")), "of a shard that ended", 30),
    await attic.put(keys.features("default", sha("f"), sha("d")), "of a picture that stays", 30),
    await attic.put(keys.image("default", sha("e")), "its part may be on its way", 1),
    await attic.put(keys.upload("default", "new.txt"), "https://a.example", 1),
    await attic.put(checkpoint(running), "weights", 30),
    await attic.put(checkpoint(lately), "weights", 30),
    await attic.put(keys.model.artifact(ended, 1, { stage: "stage-1", name: "model.onnx" }), "graph", 30),
    await attic.put(keys.image("other", sha("d")), "of a namespace by itself", 1),
  ];

  const told = await attic.collect(true);
  expect(told.map(({ kind, objects }) => [kind, objects])).toEqual([
    ["orphans", 1],
    ["pictures", 3],
    ["uploads", 1],
    ["checkpoints", 1],
  ]);
  for (const key of [...garbage, ...kept]) expect(await attic.store.head(key), key).toBeDefined();

  const deleted = await attic.collect(false);
  expect(deleted.find(({ kind }) => kind === "pictures")).toMatchObject({ objects: 4, bytes: 57 });
  for (const key of garbage) expect(await attic.store.head(key), key).toBeUndefined();
  for (const key of kept) expect(await attic.store.head(key), key).toBeDefined();
  expect(await attic.collect(false)).toEqual([]);
});

test("an archive's bytes outlive the upload that points at them by a run, and as long as something takes pictures out of them", async () => {
  await using attic = await startAttic();
  const archive = (hex: string) => hex.repeat(32);
  const pointer = JSON.stringify({ archive: archive("a"), format: "zip", bytes: 4 });
  const upload = await attic.put(keys.upload("default", "bears.zip"), pointer, 30);
  const [pointed, free] = [
    await attic.put(keys.archive("default", archive("a")), "PK..", 30),
    await attic.put(keys.archive("default", archive("b")), "PK..", 30),
  ];
  await attic.collect(false);
  expect(await Promise.all([upload, pointed, free].map(async (key) => Boolean(await attic.store.head(key))))).toEqual([
    ...[false, true, false],
  ]);
  await attic.collect(false);
  expect(await attic.store.head(pointed)).toBeUndefined();
});

test("what is written anew between the look and the deletion stays", async () => {
  await using attic = await startAttic();
  const key = await attic.put(keys.image("default", sha("a")), "unnamed", 30);
  const holdFetch: HoldFetch = async (work) => {
    await attic.store.put(key, "fetched again");
    return work(async () => {});
  };
  const options = { store: attic.store, dryRun: false, olderThanMs: 7 * DAY_MS, signal: new AbortController().signal };
  expect(await toldBy({ ...options, holdFetch })).toEqual([]);
  expect(await attic.store.head(key)).toBeDefined();
});

test("pictures that are still being fetched are skipped with the reason, and the rest is collected", async () => {
  await using attic = await startAttic();
  const picture = await attic.put(keys.image("default", sha("a")), "unnamed", 30);
  const upload = await attic.put(keys.upload("default", "old.txt"), "https://a.example", 30);
  const holdFetch: HoldFetch = () => Promise.reject(new Problem("conflict", "Pictures are still being fetched."));
  const options = { store: attic.store, dryRun: false, olderThanMs: 7 * DAY_MS, signal: new AbortController().signal };
  expect(await toldBy({ ...options, holdFetch })).toMatchObject([
    { kind: "pictures", objects: 0, skipped: "Pictures are still being fetched." },
    { kind: "uploads", objects: 1 },
  ]);
  expect(await attic.store.head(picture)).toBeDefined();
  expect(await attic.store.head(upload)).toBeUndefined();
});

test("whoever goes away in the middle stops it, and what was deleted until then is told", async () => {
  await using attic = await startAttic();
  for (const name of ["a.txt", "b.txt", "c.txt"])
    await attic.put(keys.upload("default", name), "https://a.example", 30);
  const leaving = new AbortController();
  const store = {
    ...attic.store,
    async delete(key: string) {
      await attic.store.delete(key);
      if (key.endsWith("b.txt")) leaving.abort(new Error("gone"));
    },
  };
  const told: Garbage[] = [];
  const collecting = async () => {
    const options = { store, holdFetch: free, dryRun: false, olderThanMs: 7 * DAY_MS, signal: leaving.signal };
    for await (const one of collectGarbage(options)) told.push(one);
  };
  await expect(collecting()).rejects.toThrow("gone");
  expect(told).toMatchObject([{ kind: "uploads", objects: 2 }]);
  expect(await attic.store.head(keys.upload("default", "c.txt"))).toBeDefined();
});

test("what a later version stands on stays: its parent's shards, and the pictures that only its own manifest names", async () => {
  await using attic = await startAttic();
  const parent = await attic.catalog.create("dataset", drawDataset({ state: "ready" }));
  const lineage = { id: parent.id, version: 1, manifestSha256: sha("0") };
  const key = "ns/default/somewhere/manifest.jsonl";
  const child = await attic.catalog.create(
    "dataset",
    drawDataset({ state: "ready", version: 2, parent: lineage, manifest: { key, sha256: sha("1"), items: 1 } }),
  );
  const tar = await attic.put(keys.dataset.tar(parent, 0, sha("2")), "prepared pictures", 30);
  const kept = [
    tar,
    await attic.put(keys.dataset.manifest(child, 1), `{"sha256":"${sha("a")}","prepared":{"shard":"${tar}"}}`, 30),
    await attic.put(keys.dataset.edits(child, sha("3")), "{}", 30),
    await attic.put(keys.image("default", sha("a")), "named by the child alone", 30),
    await attic.put(keys.record("default", "drafts", parent.id), "{}", 30),
  ];
  expect(await attic.collect(false)).toEqual([]);
  for (const one of kept) expect(await attic.store.head(one), one).toBeDefined();
  expect(await attic.catalog.usersOf("dataset", parent)).toEqual([child.id]);
  expect(await attic.catalog.usersOf("dataset", child)).toEqual([]);
});

test.each([
  ["ends without a manifest", "failed", 0],
  ["is still being made", "running", 1],
] as const)("a version that %s needs its parent no more, or still", async (_, state, users) => {
  await using attic = await startAttic();
  const parent = await attic.catalog.create("dataset", drawDataset({ state: "ready" }));
  const lineage = { id: parent.id, version: 1, manifestSha256: sha("0") };
  await attic.catalog.create("dataset", drawDataset({ state, version: 2, parent: lineage }));
  expect(await attic.catalog.usersOf("dataset", parent)).toHaveLength(users);
});
