import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { ulid } from "ulid";
import { expect, test } from "vitest";
import { createCatalog } from "./catalog.ts";
import { findOrphans } from "./find-orphans.ts";
import { newId } from "./new-id.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

const NAMESPACE = "default";
const CHECKPOINT = { stage: "stage-1", epoch: 1, batch: 0 };

async function orphans(store: ObjectStore, graceMs: number): Promise<string[]> {
  const found: string[] = [];
  for await (const prefix of findOrphans(store, NAMESPACE, graceMs)) found.push(prefix);
  return found;
}

test("objects of a deleted record are orphans, those of a living one and of one just being made are not", async () => {
  await using scratch = await openScratchStore();
  const { store } = scratch;
  const owner = (kind: "model" | "dataset") => ({ namespace: NAMESPACE, id: newId(kind) });
  const [living, deleted, dataset] = [owner("model"), owner("model"), owner("dataset")];
  await store.put(keys.record(NAMESPACE, "models", living.id), "{}");
  for (const model of [living, deleted]) await store.put(keys.model.checkpoint(model, 1, CHECKPOINT), "weights");
  for (const shard of [0, 1, 2]) await store.put(keys.dataset.part(dataset, shard), "{}");
  await store.put(keys.image(NAMESPACE, "a".repeat(64)), "a picture");

  expect(await orphans(store, 3_600_000)).toEqual([]);
  expect(await orphans(store, 0)).toEqual([keys.dataset.all(dataset), keys.model.all(deleted)]);
});

test("what is not named like an id of ours is left alone", async () => {
  await using scratch = await openScratchStore();
  await scratch.store.put("ns/default/models/notes/mine.txt", "keep");
  expect(await orphans(scratch.store, 0)).toEqual([]);
});

test("an API that finds the records lost leaves all that they named for whoever restores them", async () => {
  await using scratch = await openScratchStore();
  const lost = { namespace: NAMESPACE, id: `mdl_${ulid(Date.now() - 30 * 86_400_000)}` };
  const weights = keys.model.artifact(lost, 1, { stage: "stage-1", name: "weights.safetensors" });
  await scratch.store.put(weights, "weights");
  await createCatalog(scratch).tidy();
  expect(await scratch.store.head(weights)).toBeDefined();
});
