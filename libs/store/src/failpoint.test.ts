import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { failingStore, parseFailpoint } from "./failpoint.ts";
import { openStore } from "./open-store.ts";

test("a failpoint says when, at which write, of which keys, and which of them", () => {
  expect(parseFailpoint("after-put:/checkpoints/")).toEqual({
    ...{ when: "after", operation: "put", part: "/checkpoints/", nth: 1 },
  });
  expect(parseFailpoint("before-delete:ns/default:12")).toMatchObject({ when: "before", part: "ns/default", nth: 12 });
  for (const text of ["", "put:x", "after-get:x", "after-put:", "after-put:x:0", "after-put:x:y"])
    expect(parseFailpoint(text), text).toBeUndefined();
});

test.for([
  ["before", []],
  ["after", ["b/2"]],
] as const)("death %s the second write of a kind leaves exactly what was written by then", async ([when, more]) => {
  await using folder = await createScratchFolder();
  await using inner = await openDisposable(folder.path);
  const die = () => {
    throw new Error("died");
  };
  const store = failingStore(inner.store, { when, operation: "put", part: "b/", nth: 2 }, die);
  await store.put("a/1", "other keys do not count");
  await store.put("b/1", "nor does the first");
  await store.delete("b/0");
  await expect(store.put("b/2", "this one")).rejects.toThrow("died");
  const left: string[] = [];
  for await (const { key } of inner.store.list("b/")) left.push(key);
  expect(left).toEqual(["b/1", ...more]);
  await store.put("b/3", "and only this one");
});

async function openDisposable(path: string) {
  const store = await openStore(`file://${path}`);
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
