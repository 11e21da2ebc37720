// When an API asks for keys, and when it refuses to start without.
import { createApiKeys } from "@ursa/catalog/api-keys";
import { loadConfig } from "@ursa/service/config";
import { openFolderStore } from "@ursa/store/folder-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { apiConfig } from "./config.ts";
import { adminKeys, isLoopback, requiresKeys } from "./open-keys.ts";

const ADMIN = "0123456789abcdef0123456789abcdef";

async function startStore() {
  const folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path });
  const ask = (env: Record<string, string>) => requiresKeys(store, loadConfig(apiConfig, env));
  return { store, ask, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("on this machine nobody is asked for a key, until there is one", async () => {
  await using world = await startStore();
  const { ask, store } = world;
  expect(await ask({})).toBe(false);
  expect(await ask({ URSA_ADMIN_KEY: ADMIN })).toBe(true);
  await createApiKeys(store).create({ name: "ci", scopes: ["read"], namespace: "default" });
  expect(await ask({})).toBe(true);
  expect(await ask({ URSA_KEYS: "off" })).toBe(false);
});

test("elsewhere it needs keys, or to be told twice that it does not", async () => {
  await using world = await startStore();
  const { ask } = world;
  const host = { URSA_HOST: "0.0.0.0" };
  expect(await ask({ ...host, URSA_ADMIN_KEY: ADMIN })).toBe(true);
  for (const env of [{}, { URSA_KEYS: "off" }, { URSA_OPEN_ON: "0.0.0.0" }, { URSA_KEYS: "off", URSA_OPEN_ON: "::" }])
    await expect(ask({ ...host, ...env }), JSON.stringify(env)).rejects.toThrow(/^Without keys .*URSA_OPEN_ON=0.0.0.0/);
  expect(await ask({ ...host, URSA_KEYS: "off", URSA_OPEN_ON: "0.0.0.0" })).toBe(false);
});

test("settings that contradict each other, and an admin key that could be guessed, are refused", async () => {
  await using world = await startStore();
  const { ask } = world;
  await expect(ask({ URSA_KEYS: "off", URSA_ADMIN_KEY: ADMIN })).rejects.toThrow("contradict");
  expect(() => loadConfig(apiConfig, { URSA_ADMIN_KEY: "admin" })).toThrow(/URSA_ADMIN_KEY: expected 32 to 200/);
});

test("only this machine's own addresses are loopback", () => {
  expect(["127.0.0.1", "127.3.2.1", "::1", "localhost"].filter(isLoopback)).toHaveLength(4);
  expect(
    ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example", "1127.0.0.1"].filter(isLoopback),
  ).toEqual([]);
});

test("the admin's former key is taken beside the present one, and with its end", () => {
  const [FORMER, UNTIL] = [ADMIN.toUpperCase(), "2026-12-01T12:00:00+01:00"];
  const read = (env: Record<string, string>) => adminKeys(loadConfig(apiConfig, env));
  const whole = { URSA_ADMIN_KEY: ADMIN, URSA_ADMIN_KEY_FORMER: FORMER, URSA_ADMIN_KEY_FORMER_UNTIL: UNTIL };
  expect(read(whole)).toEqual({ current: ADMIN, former: FORMER, formerUntil: UNTIL });
  // What is left of a rotation that is over does no harm.
  expect(read({ URSA_ADMIN_KEY: ADMIN, URSA_ADMIN_KEY_FORMER_UNTIL: UNTIL })).toEqual({ current: ADMIN });
  expect(() => read({ ...whole, URSA_ADMIN_KEY: "" })).toThrow("URSA_ADMIN_KEY_FORMER is taken beside");
  expect(() => read({ ...whole, URSA_ADMIN_KEY_FORMER_UNTIL: "" })).toThrow("set all three");
  expect(() => read({ ...whole, URSA_ADMIN_KEY_FORMER_UNTIL: "soon" })).toThrow("expected a time such as");
});
