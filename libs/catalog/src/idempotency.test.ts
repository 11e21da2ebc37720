import { setTimeout as delay } from "node:timers/promises";
import { keys } from "@ursa/store/keys";
import { expect, test, vi } from "vitest";
import { type OnceRequest, once, sweepIdempotency } from "./idempotency.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

const request: OnceRequest = {
  namespace: "default",
  operation: "createModel",
  kind: "model",
  key: "k/1 ü",
  body: { dataset: "ds", recipe: { size: 224, seed: 1 } },
};
const record = async (id: string) => ({ id, madeAt: performance.now() });

test("the same key and body answer the same, in whatever order the body's fields come", async () => {
  await using scratch = await openScratchStore();
  const first = await once(scratch.store, request, record);
  const body = { recipe: { seed: 1, size: 224 }, dataset: "ds" };
  expect(await once(scratch.store, { ...request, body }, record)).toEqual(first);
});

test("without a key, every request is a new one", async () => {
  await using scratch = await openScratchStore();
  const { key: _, ...keyless } = request;
  const ids = [await once(scratch.store, keyless, record), await once(scratch.store, keyless, record)];
  expect(ids[0]?.id).not.toBe(ids[1]?.id);
});

test("another body under the same key is a conflict; another operation or namespace is its own", async () => {
  await using scratch = await openScratchStore();
  const first = await once(scratch.store, request, record);
  const other = once(scratch.store, { ...request, body: { dataset: "ds", recipe: { size: 192, seed: 1 } } }, record);
  await expect(other).rejects.toMatchObject({ code: "idempotency_conflict", status: 422 });
  expect(await once(scratch.store, { ...request, namespace: "other" }, record)).not.toEqual(first);
  expect(await once(scratch.store, { ...request, operation: "createDataset" }, record)).not.toEqual(first);
});

test("killed between reservation and answer, the retry makes the same record", async () => {
  await using scratch = await openScratchStore();
  const ids: string[] = [];
  const dies = async (id: string): Promise<{ id: string }> => {
    ids.push(id);
    throw new Error("killed");
  };
  await expect(once(scratch.store, request, dies)).rejects.toThrow("killed");
  await expect(once(scratch.store, request, dies)).rejects.toThrow("killed");
  const { id } = await once(scratch.store, request, record);
  expect(new Set([...ids, id]).size).toBe(1);
});

test("twenty at the same time are one record and one answer", async () => {
  await using scratch = await openScratchStore();
  const slowly = async (id: string) => {
    await delay(Math.random() * 20);
    return record(id);
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => once(scratch.store, request, slowly)));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  const again = await once(scratch.store, request, record);
  expect(answers).toContainEqual(again);
});

test("after a day a key may be used for something else", async () => {
  await using scratch = await openScratchStore();
  const first = await once(scratch.store, request, record);
  const place = keys.idempotency("default", "createModel", request.key ?? "");
  const { body } = await scratch.store.get(place);
  const old = { ...JSON.parse(body.toString()), createdAt: new Date(Date.now() - 25 * 3_600_000).toISOString() };
  await scratch.store.put(place, JSON.stringify(old));
  const second = await once(scratch.store, { ...request, body: { something: "else" } }, record);
  expect(second.id).not.toBe(first.id);
});

test("what expired is swept, what is in use is kept", async () => {
  await using scratch = await openScratchStore();
  const first = await once(scratch.store, request, record);
  await sweepIdempotency(scratch.store, "default");
  expect(await once(scratch.store, request, record)).toEqual(first);
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 49 * 3_600_000);
  await sweepIdempotency(scratch.store, "default");
  vi.restoreAllMocks();
  expect(await once(scratch.store, request, record)).not.toEqual(first);
});
