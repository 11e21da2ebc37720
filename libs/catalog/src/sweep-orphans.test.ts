import { keys } from "@ursa/store/keys";
import { expect, test } from "vitest";
import { newId } from "./new-id.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";
import { sweepOrphans } from "./sweep-orphans.ts";

const NAMESPACE = "default";

test("objects of a deleted record go, those of a living one and of one just being made stay", async () => {
  await using scratch = await openScratchStore();
  const { store } = scratch;
  const [living, deleted] = [newId("model"), newId("model")].map((id) => ({ namespace: NAMESPACE, id }));
  if (!living || !deleted) throw new Error("two ids were asked for");
  const dataset = { namespace: NAMESPACE, id: newId("dataset") };
  await store.put(keys.record(NAMESPACE, "models", living.id), "{}");
  const checkpoint = { stage: "stage-1", epoch: 1, batch: 0 };
  for (const owner of [living, deleted]) await store.put(keys.model.checkpoint(owner, 1, checkpoint), "weights");
  for (const shard of [0, 1, 2]) await store.put(keys.dataset.part(dataset, shard), "{}");
  await store.put(keys.image(NAMESPACE, "a".repeat(64)), "a picture");

  expect(await sweepOrphans(store, NAMESPACE)).toBe(0);
  expect(await sweepOrphans(store, NAMESPACE, 0)).toBe(4);

  const left: string[] = [];
  for await (const { key } of store.list("ns/")) left.push(key);
  expect(left).toEqual([
    keys.image(NAMESPACE, "a".repeat(64)),
    keys.model.checkpoint(living, 1, checkpoint),
    keys.record(NAMESPACE, "models", living.id),
  ]);
});

test("what is not named like an id of ours is left alone", async () => {
  await using scratch = await openScratchStore();
  await scratch.store.put("ns/default/models/notes/mine.txt", "keep");
  expect(await sweepOrphans(scratch.store, NAMESPACE, 0)).toBe(0);
});
