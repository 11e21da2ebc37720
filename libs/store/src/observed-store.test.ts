// An observed store is the store it observes, and its requests are in the metrics.
import { Readable } from "node:stream";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { openFolderStore } from "./folder-store.ts";
import { describeObjectStore } from "./object-store.conformance.ts";
import { type ObjectStore, StoreUnavailable } from "./object-store.ts";
import { observedStore, type StorageMetrics } from "./observed-store.ts";

async function openObserved(change: (real: ObjectStore) => Partial<ObjectStore> = () => ({})) {
  const folder = await createScratchFolder();
  const real = await openFolderStore({ root: folder.path });
  const seen: string[] = [];
  const errors: string[] = [];
  const metrics: StorageMetrics = {
    storageDuration: {
      observe: ({ op }, seconds) => {
        if (seconds >= 0 && seconds < 60) seen.push(op);
      },
    },
    storageErrors: {
      inc({ op, code }, by = 1) {
        if (by > 0) errors.push(`${op} ${code}`);
      },
    },
  };
  return {
    store: observedStore({ ...real, ...change(real) }, metrics),
    seen,
    errors,
    async [Symbol.asyncDispose]() {
      await real.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describeObjectStore("an observed folder", openObserved);

test("every request is timed by what it was", async () => {
  await using opened = await openObserved();
  const { store, seen, errors } = opened;
  await store.put("a/1", "one");
  await store.get("a/1");
  (await store.stream("a/1")).body.destroy();
  await store.head("a/1");
  await all(store.list("a/"));
  await store.delete("a/1");
  expect(seen).toEqual(["put", "get", "stream", "head", "list", "delete"]);
  expect(errors).toEqual([]);
});

test("what is the store's fault is counted, and what is not is not", async () => {
  const away = () => Promise.reject(new StoreUnavailable("The disk is full"));
  await using opened = await openObserved((real) => ({
    get: away,
    async *list(prefix) {
      yield* real.list(prefix);
      await away();
    },
  }));
  const { store, errors } = opened;
  await expect(store.get("a")).rejects.toThrow("full");
  await expect(all(store.list("a"))).rejects.toThrow("full");
  await expect(store.put("a", "x", { sha256: "0".repeat(64) })).rejects.toThrow();
  await expect(store.stream("nothing")).rejects.toThrow("no object");
  await store.put("a", "x");
  await expect(store.put("a", "y", { ifNoneMatch: "*" })).rejects.toThrow();
  const broken = new Readable({ read: () => broken.destroy(new Error("the client is gone")) });
  await expect(store.put("b", broken)).rejects.toThrow("gone");
  expect(errors).toEqual(["get StoreUnavailable", "list StoreUnavailable", "put ChecksumMismatch"]);
});
