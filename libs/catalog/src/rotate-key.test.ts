// A key that gets a new secret: what was good stays so for its time, at replicas that have not heard of it too.
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { createApiKeys } from "./api-keys.ts";
import { createKeyGate } from "./key-gate.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

const wanted = { name: "ci", scopes: ["read" as const], namespace: "team" };
const HOUR_MS = 3_600_000;

/** A key that two replicas have just seen. */
async function startReplicas() {
  const scratch = await openScratchStore();
  const state = { reads: 0 };
  const get: ObjectStore["get"] = async (...args) => {
    state.reads += 1;
    return scratch.store.get(...args);
  };
  const store: ObjectStore = { ...scratch.store, get };
  const apiKeys = createApiKeys(scratch.store);
  const made = await apiKeys.create(wanted);
  const [here, there] = [createKeyGate(store), createKeyGate(store)];
  for (const replica of [here, there]) await replica.verify(made.token);
  return { ...{ store, state, apiKeys, made, here, there }, [Symbol.asyncDispose]: scratch[Symbol.asyncDispose] };
}

test("both secrets are taken within the grace, the new one at once by who has just seen the old one", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, here, there, store } = world;
  const next = await apiKeys.rotate(made.id, 1);
  expect(next).toMatchObject({ ...wanted, id: made.id, createdAt: made.createdAt, rotatedAt: expect.any(String) });
  expect(next.token).not.toBe(made.token);
  expect(Date.parse(next.formerUntil ?? "") - Date.parse(next.rotatedAt ?? "")).toBe(HOUR_MS);
  for (const replica of [here, there])
    for (const token of [next.token, made.token])
      expect(await replica.verify(token)).toEqual({ id: made.id, namespace: "team", scopes: ["read"] });
  const stored = (await store.get(keys.apiKey(made.id))).body.toString();
  for (const token of [made.token, next.token]) expect(stored).not.toContain(token.slice(-43));
});

test("after the grace the former secret is told so by each replica, and the new one stays", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, here, there } = world;
  const { token } = await apiKeys.rotate(made.id, 0);
  await here.verify(token);
  await expect(here.verify(made.token)).rejects.toMatchObject({ code: "key_expired" });
  const refused = () =>
    there.verify(made.token).then(
      () => false,
      ({ code }) => code === "key_expired",
    );
  await waitUntil(refused, { what: "the other replica to refuse it", timeoutMs: 5000 });
  expect(await there.verify(token)).toMatchObject({ id: made.id });
});

test("rotating again, as after a lost answer, keeps what clients have and lets nothing live longer", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, here } = world;
  const lost = await apiKeys.rotate(made.id, 2);
  const second = await apiKeys.rotate(made.id, 48);
  for (const { token } of [made, lost, second]) await here.verify(token);
  const stored = JSON.parse((await world.store.get(keys.apiKey(made.id))).body.toString());
  expect(stored.former).toMatchObject([{ until: lost.formerUntil }, { until: second.formerUntil }]);
  // And once it has leaked, all that came before ends.
  const { token } = await apiKeys.rotate(made.id, 0);
  await here.verify(token);
  for (const former of [made, lost, second])
    await expect(here.verify(former.token)).rejects.toMatchObject({ code: "key_expired" });
});

test("ten former secrets may be good at once; those that have ended make room", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, here } = world;
  for (let times = 0; times < 10; times += 1) await apiKeys.rotate(made.id, 1);
  await here.verify(made.token);
  await expect(apiKeys.rotate(made.id, 1)).rejects.toMatchObject({ code: "conflict" });
  await here.verify(made.token);
  await apiKeys.rotate(made.id, 0);
  const { token } = await apiKeys.rotate(made.id, 1);
  await here.verify(token);
  await expect(here.verify(made.token)).rejects.toMatchObject({ code: "key_unknown" });
});

test("two at the same moment give two secrets, and both are good", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, there } = world;
  const both = await Promise.all([apiKeys.rotate(made.id, 1), apiKeys.rotate(made.id, 1)]);
  for (const { token } of [made, ...both]) await there.verify(token);
});

test("what has ended gets no new secret", async () => {
  await using world = await startReplicas();
  const { apiKeys, made } = world;
  await apiKeys.revoke(made.id);
  await expect(apiKeys.rotate(made.id, 1)).rejects.toMatchObject({ code: "already_final" });
  const expired = await apiKeys.create({ ...wanted, expiresInDays: 1e-9 });
  await waitUntil(() => Date.now() > Date.parse(expired.expiresAt ?? ""), { what: "the key to expire" });
  await expect(apiKeys.rotate(expired.id, 1)).rejects.toMatchObject({ code: "already_final" });
  await expect(apiKeys.rotate("key_01J00000000000000000000000", 1)).rejects.toMatchObject({ code: "not_found" });
});

test("a thousand wrong secrets of a key that is there cost four reads a second, and hold nobody up who has the right one", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, here, state } = world;
  state.reads = 0;
  const started = performance.now();
  const wrong = (at: number) => `${made.token.slice(0, -4)}${String(at).padStart(4, "0")}`;
  const flood = Promise.allSettled(Array.from({ length: 1000 }, (_, at) => here.verify(wrong(at))));
  const { token } = await apiKeys.rotate(made.id, 1);
  await here.verify(made.token);
  await here.verify(token);
  for (const tried of await flood) expect(tried).toMatchObject({ status: "rejected", reason: { code: "key_unknown" } });
  await Promise.allSettled(Array.from({ length: 1000 }, (_, at) => here.verify(wrong(at))));
  expect(state.reads).toBeLessThanOrEqual(2 + (performance.now() - started) / 250);
});

test("who still sends a former secret is seen in the list", async () => {
  await using world = await startReplicas();
  const { apiKeys, made, here } = world;
  const { token } = await apiKeys.rotate(made.id, 1);
  await here.verify(token);
  expect(await apiKeys.get(made.id)).not.toHaveProperty("formerUsedAt");
  await here.verify(made.token);
  const [listed] = await apiKeys.list();
  expect(listed).toHaveProperty("formerUntil");
  await waitUntil(async () => (await apiKeys.get(made.id)).formerUsedAt !== undefined, { what: "the use to be noted" });
  expect(JSON.stringify(await apiKeys.list())).not.toMatch(/secret|sha256/i);
});
