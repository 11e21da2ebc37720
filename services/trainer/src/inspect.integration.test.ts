// Inspecting a dataset of drawn bears with known faults: what is found is what was planted, also when the child is killed on the way.
import { createHash } from "node:crypto";
import { newId } from "@ursa/catalog/new-id";
import type { Item } from "@ursa/contracts/dataset";
import { type Inspection, type InspectionResult, inspectionResultSchema } from "@ursa/contracts/inspection";
import { isFinal } from "@ursa/contracts/record";
import { readItems } from "@ursa/dataset/manifest";
import { varyPicture } from "@ursa/imaging/vary-picture";
import { keys } from "@ursa/store/keys";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const PER_CLASS = 16;
/** Of its first class, drawn so but labelled otherwise. */
const MISLABELLED = "9";

let world: World;
let trainer: ReturnType<World["startTrainer"]>;
let dataset: Awaited<ReturnType<typeof spoil>>;
beforeAll(async () => {
  world = await createWorld({ perClass: PER_CLASS });
  dataset = await spoil();
  trainer = world.startTrainer();
});
afterAll(async () => {
  await trainer?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

/** The world's dataset with one wrong label, one dark picture, a lost one, and a copy on the other side. */
async function spoil() {
  const { store } = world;
  const items = await itemsOf(world.dataset);
  const put = async (bytes: Uint8Array) => {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await store.put(keys.image("default", sha256), bytes);
    return sha256;
  };
  const bytesOf = async (key: string) =>
    (await store.get(keys.image("default", items[Number(key)]?.sha256 ?? ""))).body;
  const copied = { perceptualHash: "0123456789abcdef", width: 400, height: 300 };
  const changed = items.map((item) => {
    if (item.key === MISLABELLED) return { ...item, class: world.dataset.classes[2] ?? "" };
    if (item.key === "10") return { ...item, ...copied };
    return item;
  });
  const copy = await put(await varyPicture(await bytesOf("10"), { quality: 60 }));
  const dark = await put(await varyPicture(await bytesOf("11"), { brightness: 0.1 }));
  const [shown, darkened] = [changed[10], changed[11]];
  if (!shown || !darkened) throw new Error("The world has too few items.");
  changed[11] = { ...darkened, sha256: dark };
  const more = [
    { ...shown, index: 100, key: "100", sha256: copy, split: "valid" as const },
    { ...shown, index: 101, key: "101", sha256: "e".repeat(64) },
  ];
  return record([...changed, ...more]);
}

async function itemsOf({ manifest }: Pick<World["dataset"], "manifest">): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of readItems(world.store, manifest?.key ?? "")) items.push(item);
  return items;
}

async function record(items: readonly Item[]) {
  const text = items.map((item) => `${JSON.stringify(item)}\n`).join("");
  const id = newId("dataset");
  const key = keys.dataset.manifest({ namespace: "default", id }, 1);
  await world.store.put(key, text);
  const manifest = { key, sha256: createHash("sha256").update(text).digest("hex"), items: items.length };
  return world.catalog.create("dataset", { ...world.dataset, id, manifest });
}

/** Record first, then the job, as the API does. */
async function request(of = dataset): Promise<Inspection> {
  const now = new Date().toISOString();
  const { id, version, classes, manifest } = of;
  const inspection = await world.catalog.create("inspection", {
    ...{ id: newId("inspection"), namespace: "default", state: "queued", createdAt: now, updatedAt: now },
    ...{ enqueued: 1, fence: 0, classes, dataset: { id, version, manifestSha256: manifest?.sha256 ?? "" } },
  });
  await world.producer.enqueueInspection(inspection);
  return inspection;
}

const get = (id: string) => world.catalog.get("inspection", "default", id);

async function ended({ id }: Inspection): Promise<Inspection> {
  const isOver = async () => isFinal((await get(id)).state);
  await waitUntil(isOver, { what: `${id} to end`, timeoutMs: 100_000 });
  return get(id);
}

async function resultOf({ result }: Inspection): Promise<InspectionResult> {
  const { body } = await world.store.get(result?.key ?? "");
  expect(createHash("sha256").update(body).digest("hex")).toBe(result?.sha256);
  return inspectionResultSchema.parse(JSON.parse(body.toString()));
}

test("finds what was planted, says it in words, and counts what could not be read", async () => {
  const inspection = await ended(await request());
  expect(inspection).toMatchObject({ state: "ready", fence: 1, summary: { count: 49, unread: 1 } });
  const found = await resultOf(inspection);
  const of = (key: string) => found.worthALook.find((suspect) => suspect.key === key);
  const first = world.dataset.classes[0];
  expect(found.worthALook[0]).toMatchObject({ key: MISLABELLED, reasons: [{ suspicion: "label", looksLike: first }] });
  expect(of("10")?.reasons).toContainEqual(expect.objectContaining({ suspicion: "leak", of: "100" }));
  expect(of("11")?.reasons).toContainEqual(expect.objectContaining({ suspicion: "dark" }));
  expect(found.worthALook).toHaveLength(inspection.summary?.suspects ?? -1);
  const told = await world.eventsOf(inspection.id);
  const phases = told.flatMap((event) => (event.type === "progress" ? [event.progress.phase] : []));
  expect(new Set(phases)).toEqual(new Set(["features", "inspect"]));
  expect(told.at(-1)).toEqual({ type: "state", state: "ready" });
});

test("a killed child is replaced, and what it finds is the same", async () => {
  const first = await ended(await request());
  const asked = await request();
  process.kill(await trainer.childOf(asked.id), "SIGKILL");
  const second = await ended(asked);
  expect(second).toMatchObject({ state: "ready", fence: 2 });
  const { worthALook, confidentJoint } = await resultOf(second);
  expect({ worthALook, confidentJoint }).toEqual(
    (({ worthALook, confidentJoint }) => ({ worthALook, confidentJoint }))(await resultOf(first)),
  );
});

test("of a version after three edits only what is new is looked at", async () => {
  await ended(await request());
  const kept = async () => {
    const writtenAt = new Map<string, number>();
    for await (const { key, modifiedAt } of world.store.list(keys.allFeatures("default")))
      writtenAt.set(key, modifiedAt.getTime());
    return writtenAt;
  };
  const before = await kept();
  const items = await itemsOf(dataset);
  const { body } = await world.store.get(keys.image("default", items[3]?.sha256 ?? ""));
  const bytes = await varyPicture(body, { crop: 0.2 });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await world.store.put(keys.image("default", sha256), bytes);
  const edited = items.flatMap((item): Item[] => {
    if (item.key === "1") return [{ ...item, outcome: "removed" }];
    if (item.key === MISLABELLED) return [{ ...item, class: world.dataset.classes[0] ?? "" }];
    return item.key === "3" ? [item, { ...item, index: 102, key: "102", sha256 }] : [item];
  });
  const inspection = await ended(await request(await record(edited)));
  expect(inspection).toMatchObject({ state: "ready", summary: { count: 49, unread: 1 } });
  const after = await kept();
  expect([before.size, after.size]).toEqual([49, 50]);
  for (const [key, at] of before) expect(after.get(key), "what was kept is not written again").toBe(at);
});

test("a cancelled inspection stops, and stays cancelled", async () => {
  const asked = await request();
  await trainer.childOf(asked.id);
  await world.catalog.update("inspection", asked, (current) => ({ ...current, state: "cancelled" }));
  await world.producer.cancel("inspection", asked);
  expect(await ended(await request())).toMatchObject({ state: "ready" });
  const { state, result } = await get(asked.id);
  expect({ state, result }).toEqual({ state: "cancelled", result: undefined });
});
