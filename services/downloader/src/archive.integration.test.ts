// A dataset out of an archive, as a downloader makes it: every file has its outcome, as every URL has.
import { newId } from "@ursa/catalog/new-id";
import { type ArchivePointer, archiveEntrySchema } from "@ursa/contracts/archive";
import type { Dataset, DatasetOptions } from "@ursa/contracts/dataset";
import { randomToken } from "@ursa/contracts/random-token";
import { pageOfItems } from "@ursa/dataset/manifest";
import { openArchive } from "@ursa/dataset/open-archive";
import { planDataset } from "@ursa/dataset/plan-dataset";
import { planRetry } from "@ursa/dataset/plan-version";
import { keys } from "@ursa/store/keys";
import { type PackedFile, tarOf, zipOf } from "@ursa/testing/archives";
import { truncatedJpeg } from "@ursa/testing/hostile-pictures";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Surroundings, startSurroundings, waitForEnd } from "./downloader.fixture.ts";

const NAME = "bears.zip";
const signal = new AbortController().signal;
let around: Surroundings;
let pictures: PackedFile[];

beforeAll(async () => {
  around = await startSurroundings();
  const names = ["train/black", "train/teddy", "valid/black", "valid/teddy"];
  pictures = await Promise.all(
    Array.from({ length: 16 }, async (_, n) => ({
      name: `bears/${names[n % 4]}/${n}.jpg`,
      bytes: await drawBear(n % 2 ? "teddy" : "black", n),
      method: n % 3 ? 8 : 0,
    })),
  );
});
afterAll(() => around?.[Symbol.asyncDispose]());

/** As the API does: upload, plan, record, job. */
async function createFrom(bytes: Buffer, format: ArchivePointer["format"]): Promise<Dataset> {
  const { store, catalog, producer } = around;
  const owner = { namespace: "default", id: newId("dataset") };
  const options: DatasetOptions = { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 };
  const pointer = { archive: randomToken(), format, bytes: bytes.length };
  await store.put(keys.archive("default", pointer.archive), bytes);
  const { used, rows } = await openArchive(store, { namespace: "default", pointer, list: { name: NAME } });
  const plan = await planDataset({ store, owner, sources: [{ name: NAME, rows: rows() }], options });
  const now = new Date().toISOString();
  const state = { state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0, version: 1 } as const;
  const record = await catalog.create("dataset", { ...owner, ...plan, ...state, options, archives: [used] });
  await producer.enqueueDataset(record);
  return record;
}

const itemsOf = async ({ manifest }: Dataset) =>
  (await pageOfItems(around.store, manifest?.key ?? "", { limit: 1000 })).items;

test("every file of a zip has its row: pictures by folder and side, the bad ones by what is wrong with them", async () => {
  const files = [
    ...pictures,
    { name: "bears/train/black/torn.jpg", bytes: await truncatedJpeg() },
    { name: "bears/train/black/notes.txt", bytes: Buffer.from("no picture") },
    { name: "bears/train/black/empty.jpg" },
    { name: "bears/train/black/again.jpg", bytes: pictures[0]?.bytes ?? Buffer.alloc(0) },
    { name: "bears/train/teddy/bomb.jpg", bytes: Buffer.alloc(30_000_000), method: 8, size: 1000 },
    { name: "bears/train/teddy/huge.jpg", bytes: Buffer.alloc(22_000_000) },
    { name: "bears/train/teddy/swollen.jpg", bytes: Buffer.alloc(22_000_000), size: 100 },
    { name: pictures[1]?.name ?? "", bytes: pictures[1]?.bytes ?? Buffer.alloc(0) },
    ...["bears/.DS_Store", "__MACOSX/bears/._1.jpg", "bears/train/black/Thumbs.db"].map((name) => ({ name })),
    { name: "bears/train/black/link.jpg", mode: 0o120777, bytes: Buffer.from("/etc/passwd") },
  ];
  const downloader = await around.start();
  const ended = await waitForEnd(around, await createFrom(zipOf(files), "zip"));
  expect(ended).toMatchObject({ state: "ready", listed: 24, classes: ["black", "teddy"] });
  expect(ended.archives).toMatchObject([{ upload: NAME, files: 24, leftOut: 4 }]);
  const items = await itemsOf(ended);
  const said = new Map(items.map(({ url, outcome, reason }) => [url, [outcome, reason]]));
  const saidOf = (name: string) => said.get(`upload:${NAME}!bears/train/${name}`);
  expect(saidOf("black/torn.jpg")?.[0]).toBe("corrupt_image");
  expect(saidOf("black/notes.txt")?.[0]).toBe("not_an_image");
  expect(saidOf("black/empty.jpg")?.[0]).toBe("not_an_image");
  expect(saidOf("black/again.jpg")).toEqual(["duplicate", "the same picture as item 0"]);
  expect(saidOf("teddy/bomb.jpg")).toEqual(["corrupt_image", "damaged in its archive: it cannot be unpacked"]);
  expect(saidOf("teddy/huge.jpg")).toEqual(["too_large", "more than 20 MiB: 22000000 bytes"]);
  expect(saidOf("teddy/swollen.jpg")).toEqual(["too_large", "more than 20 MiB: 21983616 bytes"]);
  expect(items[23]).toMatchObject({ outcome: "duplicate", of: "1", reason: "the same URL as item 1" });
  expect(items.slice(0, 4)).toMatchObject([
    { class: "black", split: "train", outcome: "ok", source: NAME, line: 1 },
    { class: "teddy", split: "train", outcome: "ok" },
    { class: "black", split: "valid", outcome: "ok" },
    { class: "teddy", split: "valid", outcome: "ok" },
  ]);
  for (const [n, { sha256 = "" }] of items.slice(0, 16).entries())
    expect((await around.store.get(keys.image("default", sha256))).body).toEqual(pictures[n]?.bytes);

  // A version that tries again takes them out of the same archive; without it there is nothing to try.
  const owner = { namespace: "default", id: newId("dataset") };
  if (!ended.manifest) throw new Error("a ready dataset has a manifest");
  const parent = { ...ended, manifest: ended.manifest };
  const again = await planRetry({ store: around.store, owner, parent, signal });
  expect(again.planned).toBe(6);
  const archive = archiveEntrySchema.shape.archive.parse(ended.archives?.[0]?.archive);
  await around.store.delete(keys.archive("default", archive));
  await expect(planRetry({ store: around.store, owner, parent, signal })).rejects.toMatchObject({
    code: "nothing_to_fetch",
  });
  expect(await downloader.end()).toBe(0);
});

test("a downloader that is killed in the middle of an archive leaves it to the next, which makes the same", async () => {
  const files = await Promise.all(
    Array.from({ length: 120 }, async (_, n) => ({
      name: `${n % 2 ? "teddy" : "black"}/${n}.jpg`,
      bytes: await drawBear(n % 2 ? "teddy" : "black", 100 + n),
    })),
  );
  const first = await around.start();
  const made = await createFrom(tarOf(files), "tar");
  const isRunning = async () => (await around.catalog.get("dataset", "default", made.id)).state !== "queued";
  await waitUntil(isRunning, { what: "the archive to be at work" });
  await first.end("SIGKILL");
  const second = await around.start();
  const ended = await waitForEnd(around, made, 120_000);
  expect(ended).toMatchObject({ state: "ready", listed: 120, counts: { outcomes: { ok: 120 } } });
  const items = await itemsOf(ended);
  expect(items.map(({ url }) => url)).toEqual(files.map(({ name }) => `upload:${NAME}!${name}`));
  await second.end();
});
