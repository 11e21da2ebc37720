// Keys as they are asked for at the door: made, used, revoked, expired; seen by another replica, and with the store away.
import { keys } from "@ursa/store/keys";
import { type ObjectStore, StoreUnavailable } from "@ursa/store/object-store";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { createApiKeys, hasKeys } from "./api-keys.ts";
import { createKeyGate } from "./key-gate.ts";
import { newKeyId } from "./new-id.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

const LIST_EVERY_MS = 100;
const wanted = { name: "ci", scopes: ["read" as const], namespace: "team" };

/** A store that can be taken away, two replicas that read it, and a clock to turn. */
async function startReplicas() {
  const scratch = await openScratchStore();
  const state = { isAway: false, reads: 0, lists: 0, now: 0 };
  const get: ObjectStore["get"] = async (...args) => {
    state.reads += 1;
    if (state.isAway) throw new StoreUnavailable("away");
    return scratch.store.get(...args);
  };
  const list: ObjectStore["list"] = (...args) => {
    state.lists += 1;
    if (state.isAway) throw new StoreUnavailable("away");
    return scratch.store.list(...args);
  };
  const store: ObjectStore = { ...scratch.store, get, list };
  const gate = () => createKeyGate(store, { now: () => state.now, limits: { listEveryMs: LIST_EVERY_MS } });
  return {
    store,
    state,
    apiKeys: createApiKeys(scratch.store),
    here: gate(),
    there: gate(),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

test("a token opens the door, its key's hash is all that is stored, and no two are alike", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, store } = world;
  expect(await hasKeys(store)).toBe(false);
  const [made, other] = [await apiKeys.create(wanted), await apiKeys.create(wanted)];
  expect(await hasKeys(store)).toBe(true);
  expect(await here.verify(made.token)).toEqual({ id: made.id, namespace: "team", scopes: ["read"] });
  const secret = made.token.slice(-43);
  expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  expect(other.token.slice(-43)).not.toBe(secret);
  const stored = (await store.get(keys.apiKey(made.id))).body.toString();
  expect(stored).not.toContain(secret);
  for (const token of ["", "garbage", secret, `${made.token}x`, made.token.slice(0, -43) + other.token.slice(-43)])
    await expect(here.verify(token), token).rejects.toMatchObject({ code: "key_unknown" });
});

test("many requests of one moment cost one read, and the next moment another", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, state } = world;
  const { token } = await apiKeys.create(wanted);
  await Promise.all(Array.from({ length: 50 }, () => here.verify(token)));
  expect(state.reads).toBe(1);
  state.now += 1999;
  await here.verify(token);
  expect(state.reads).toBe(1);
  state.now += 1;
  await here.verify(token);
  expect(state.reads).toBe(2);
});

test("a revoked key is refused by a replica that has just seen it, before 5 s are over", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, there, state } = world;
  const { id, token } = await apiKeys.create(wanted);
  await Promise.all([here.verify(token), there.verify(token)]);
  await apiKeys.revoke(id);
  state.now += 4000;
  for (const replica of [here, there])
    await expect(replica.verify(token)).rejects.toMatchObject({ code: "key_revoked" });
});

test("a key that was tried before it was there is taken soon after it is", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, state, store } = world;
  const made = await apiKeys.create(wanted);
  const { body } = await store.get(keys.apiKey(made.id));
  await store.delete(keys.apiKey(made.id));
  state.reads = 0;
  for (let tries = 0; tries < 3; tries += 1)
    await expect(here.verify(made.token)).rejects.toMatchObject({ code: "key_unknown" });
  expect(state).toMatchObject({ reads: 0, lists: 1 });
  await store.put(keys.apiKey(made.id), body);
  state.now += 4000;
  expect(await here.verify(made.token)).toMatchObject({ id: made.id });
});

test("a thousand made-up ids cost a listing and no read, and keep no key from being taken, one made meanwhile either", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, state } = world;
  const { token } = await apiKeys.create(wanted);
  await here.verify(token);
  Object.assign(state, { reads: 0, lists: 0 });
  const started = performance.now();
  const flood = async () => {
    const tokens = Array.from({ length: 1000 }, () => `ursa_${newKeyId()}_${token.slice(-43)}`);
    const tried = await Promise.allSettled(tokens.map((each) => here.verify(each)));
    for (const each of tried) expect(each).toMatchObject({ status: "rejected", reason: { code: "key_unknown" } });
  };
  const floods = [flood(), flood().then(flood)];
  const made = await apiKeys.create(wanted);
  expect(await here.verify(token)).toMatchObject({ namespace: "team" });
  expect(await here.verify(made.token)).toMatchObject({ id: made.id });
  await Promise.all(floods);
  expect(state.reads).toBe(1);
  expect(state.lists).toBeLessThanOrEqual(1 + (performance.now() - started) / LIST_EVERY_MS);
});

test("with the store away a known key is taken for a minute, a strange one is not, and then neither", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, there, state } = world;
  const { token } = await apiKeys.create(wanted);
  await here.verify(token);
  state.isAway = true;
  state.now += 59_000;
  expect(await here.verify(token)).toMatchObject({ namespace: "team" });
  await expect(there.verify(token)).rejects.toThrow(StoreUnavailable);
  state.now += 1000;
  await expect(here.verify(token)).rejects.toThrow(StoreUnavailable);
  state.isAway = false;
  expect(await here.verify(token)).toMatchObject({ namespace: "team" });
});

test("a store that hangs keeps nobody waiting whose key is known", async () => {
  await using world = await startReplicas();
  const { apiKeys, store, state } = world;
  const { token } = await apiKeys.create(wanted);
  let hangs = false;
  const get: ObjectStore["get"] = (...args) => (hangs ? new Promise(() => {}) : store.get(...args));
  const gate = createKeyGate({ ...store, get }, { now: () => state.now, limits: { patienceMs: 1 } });
  await gate.verify(token);
  hangs = true;
  state.now += 10_000;
  expect(await gate.verify(token)).toMatchObject({ namespace: "team" });
});

test("a key expires by itself, whatever is remembered of it", async () => {
  await using world = await startReplicas();
  const { apiKeys, here } = world;
  const { token, expiresAt } = await apiKeys.create({ ...wanted, expiresInDays: 1e-9 });
  await waitUntil(() => Date.now() >= Date.parse(expiresAt ?? ""), { what: "the key to expire" });
  await expect(here.verify(token)).rejects.toMatchObject({ code: "key_expired" });
});

test("a use is noted once a minute, beside the key and not in it", async () => {
  await using world = await startReplicas();
  const { apiKeys, here, state, store } = world;
  const { id, token } = await apiKeys.create(wanted);
  expect((await apiKeys.get(id)).lastUsedAt).toBeUndefined();
  const before = await store.head(keys.apiKey(id));
  await here.verify(token);
  await waitUntil(async () => (await apiKeys.get(id)).lastUsedAt !== undefined, { what: "the use to be noted" });
  const noted = await store.head(keys.apiKeyUse(id));
  state.now += 59_999;
  await here.verify(token);
  state.now += 1;
  await here.verify(token);
  await waitUntil(async () => (await store.head(keys.apiKeyUse(id)))?.etag !== noted?.etag, { what: "the next one" });
  expect(await store.head(keys.apiKey(id))).toEqual(before);
});

test("keys are listed newest first and by namespace; the first revocation's time stays", async () => {
  await using world = await startReplicas();
  const { apiKeys } = world;
  const [first, second] = [await apiKeys.create(wanted), await apiKeys.create({ ...wanted, namespace: "other" })];
  expect((await apiKeys.list()).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect((await apiKeys.list("team")).map(({ id }) => id)).toEqual([first.id]);
  await expect(apiKeys.revoke(second.id, "team")).rejects.toMatchObject({ code: "not_found" });
  const { revokedAt } = await apiKeys.revoke(first.id, "team");
  expect(await apiKeys.revoke(first.id)).toMatchObject({ revokedAt });
  expect(JSON.stringify(await apiKeys.list())).not.toContain("secret");
});
