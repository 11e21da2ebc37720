// The real training child with a store and no trainer: what it must not do on its own.
import { createCatalog } from "@ursa/catalog/catalog";
import { newId } from "@ursa/catalog/new-id";
import { recipeSchema } from "@ursa/contracts/recipe";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test, vi } from "vitest";
import type { ChildMessage } from "./child-messages.ts";
import { CHILD_LIMITS, runChild } from "./run-child.ts";

test("a child whose record another worker has taken says so and writes nothing", async () => {
  await using scratch = await createScratchFolder();
  const storeUrl = `file://${scratch.path}/store`;
  const store = await openStore(storeUrl);
  const catalog = createCatalog({ store });
  const owner = { namespace: "default", id: newId("model") };
  const now = new Date().toISOString();
  await catalog.create("model", {
    ...{ ...owner, state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 },
    dataset: { id: newId("dataset"), version: 1, manifestSha256: "a".repeat(64) },
    recipe: recipeSchema.parse({}),
    ...{ classes: ["a", "b"], epochs: [], checkpoints: [], stages: [], artifacts: [] },
  });
  const { fence } = await catalog.take("model", owner);
  await catalog.take("model", owner);
  const messages: ChildMessage[] = [];
  vi.stubEnv("URSA_STORE_URL", storeUrl);
  await runChild({
    entry: new URL("./training-child.ts", import.meta.url),
    start: { owner, fence, workDir: scratch.path, engine: "compiled" },
    onMessage: async (message) => void messages.push(message),
    limits: { ...CHILD_LIMITS, maxRssBytes: 2 ** 31 },
    ...{ stop: new AbortController().signal, kill: new AbortController().signal },
  }).finally(vi.unstubAllEnvs);
  expect(messages.filter(({ type }) => type !== "alive")).toEqual([
    { type: "superseded", message: `${owner.id} is with the worker of fence 2; this one holds 1.` },
  ]);
  const keys: string[] = [];
  for await (const { key } of store.list(`ns/default/models/${owner.id}/`)) keys.push(key);
  expect(keys).toEqual([]);
});
