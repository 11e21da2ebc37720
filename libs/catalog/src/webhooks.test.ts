// Webhooks as the store has them: what is kept, where, and what is left of one that was removed.
import { MOST_WEBHOOKS } from "@ursa/contracts/webhook";
import { keys } from "@ursa/store/keys";
import { expect, test } from "vitest";
import { restoreBackup, writeBackup } from "./backup.ts";
import { createCatalog } from "./catalog.ts";
import { openScratchStore, type ScratchStore } from "./scratch-store.fixture.ts";
import { isTold, listTold, markTold, tidyTold } from "./told.ts";
import { createWebhooks, disableWebhook, noteAttempt, openWebhook } from "./webhooks.ts";

const wanted = { url: "https://hooks.example/ursa?token=1", events: ["job.finished" as const] };
const attempt = {
  message: "m",
  at: "2026-11-30T12:00:00.000Z",
  outcome: "delivered",
  status: 204,
  attempt: 1,
} as const;

async function keysOf({ store }: ScratchStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list("")) found.push(key);
  return found;
}

test("the secret is told once, lies apart from what the namespace's readers see, and is there for who signs", async () => {
  await using scratch = await openScratchStore();
  const webhooks = createWebhooks(scratch.store);
  const { secret, ...made } = await webhooks.create("team", wanted);
  for (const shown of [await webhooks.get(made), ...(await webhooks.list("team"))]) expect(shown).toEqual(made);
  for (const key of (await keysOf(scratch)).filter((one) => one.startsWith("ns/")))
    expect((await scratch.store.get(key)).body.toString()).not.toContain(secret);
  expect(await openWebhook(scratch.store, made)).toEqual({ url: wanted.url, secret });
});

test("another namespace's is not found", async () => {
  await using scratch = await openScratchStore();
  const webhooks = createWebhooks(scratch.store);
  const { id } = await webhooks.create("team", wanted);
  const foreign = { namespace: "other", id };
  await expect(webhooks.get(foreign)).rejects.toMatchObject({ code: "not_found" });
  await expect(webhooks.remove(foreign)).rejects.toMatchObject({ code: "not_found" });
  expect(await webhooks.list("other")).toEqual([]);
  expect(await openWebhook(scratch.store, foreign)).toBeUndefined();
  expect(await webhooks.list("team")).toHaveLength(1);
});

test("a namespace has so many, and no more until one is removed", async () => {
  await using scratch = await openScratchStore();
  const webhooks = createWebhooks(scratch.store);
  const made = [];
  for (let n = 0; n < MOST_WEBHOOKS; n += 1) made.push(await webhooks.create("team", wanted));
  expect((await webhooks.list("team")).map(({ id }) => id)).toEqual(made.map(({ id }) => id).reverse());
  await expect(webhooks.create("team", wanted)).rejects.toMatchObject({ code: "too_many_webhooks", status: 409 });
  await webhooks.create("other", wanted);
  await webhooks.remove({ namespace: "team", id: made[3]?.id ?? "" });
  await webhooks.create("team", wanted);
});

test("the latest attempt is shown, and one that was removed leaves nothing", async () => {
  await using scratch = await openScratchStore();
  const { store } = scratch;
  const webhooks = createWebhooks(store);
  const { secret: _, ...made } = await webhooks.create("team", wanted);
  await noteAttempt(store, made, attempt);
  await markTold(store, made, { message: "m", isDelivered: true });
  expect(await webhooks.get(made)).toEqual({ ...made, lastAttempt: attempt });
  await webhooks.remove(made);
  expect(await keysOf(scratch)).toEqual([]);
  await expect(webhooks.remove(made)).rejects.toMatchObject({ code: "not_found" });
});

test("one whose receiver is gone is opened no more, and comes not back by being removed at that moment", async () => {
  await using scratch = await openScratchStore();
  const { store } = scratch;
  const webhooks = createWebhooks(store);
  const made = await webhooks.create("team", wanted);
  await disableWebhook(store, made);
  const { disabledAt } = await webhooks.get(made);
  expect(disabledAt).toBeDefined();
  await disableWebhook(store, made);
  expect((await webhooks.get(made)).disabledAt).toBe(disabledAt);
  expect(await openWebhook(store, made)).toBeUndefined();
  await webhooks.remove(made);
  await disableWebhook(store, made);
  expect(await keysOf(scratch)).toEqual([]);
});

test("what was told is found again, and forgotten after more than a week; so is what a removed webhook left", async () => {
  await using scratch = await openScratchStore();
  const { store } = scratch;
  const made = await createWebhooks(store).create("team", wanted);
  const removed = { namespace: "team", id: "whk_01J00000000000000000000000" };
  for (const owner of [made, removed]) {
    await markTold(store, owner, { message: "m", isDelivered: true });
    await noteAttempt(store, owner, attempt);
  }
  expect([await isTold(store, made, "m"), await isTold(store, made, "n")]).toEqual([true, false]);
  expect(await listTold(store, made)).toEqual(new Set(["m"]));

  const catalog = createCatalog({ store });
  const before = await keysOf(scratch);
  await catalog.tidy();
  expect(await keysOf(scratch)).toEqual(before);
  await tidyTold(store, "team", Date.now() + 9 * 86_400_000);
  expect(await keysOf(scratch)).toEqual(
    [keys.record("team", "webhooks", made.id), keys.webhook.lastAttempt(made), keys.webhookSecret(made.id)].sort(),
  );
});

test("a backup brings them back with their secrets", async () => {
  await using from = await openScratchStore();
  await using to = await openScratchStore();
  const { secret, ...made } = await createWebhooks(from.store).create("team", wanted);
  const lines: string[] = [];
  for await (const line of writeBackup(from.store, "test")) lines.push(line.trimEnd());
  const backup = async function* () {
    yield* lines;
  };
  expect(await restoreBackup(to.store, backup, { overwrite: false })).toMatchObject({ restored: 2 });
  expect(await createWebhooks(to.store).list("team")).toEqual([made]);
  expect(await openWebhook(to.store, made)).toEqual({ url: wanted.url, secret });
});
