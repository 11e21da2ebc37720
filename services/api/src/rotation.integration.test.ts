// Keys that are replaced while they are used, on two replicas of the API over one store.
import { createKeyGate } from "@ursa/catalog/key-gate";
import { createClient } from "@ursa/contracts/client";
import type { CreatedKey } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { SCOPES } from "@ursa/contracts/scopes";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { createAuthenticate } from "./authenticate.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";

let replicas: World[];
let admin: World["client"];

beforeAll(async () => {
  const first = await startWorld({ adminKey: ADMIN_KEY });
  replicas = [first, await startWorld({ adminKey: ADMIN_KEY, store: () => first.store })];
  admin = first.client;
});
afterAll(async () => {
  for (const world of replicas ?? []) await world[Symbol.asyncDispose]();
});

const make = () => admin.call("createKey", { body: { name: "ci", scopes: ["read"] } });
const rotate = (id: string, graceHours: number) => admin.call("rotateKey", { params: { id }, body: { graceHours } });

/** Asks every replica over and over with the token of the moment, and remembers what it was answered when. */
function keepAsking(tokenNow: () => string) {
  const answers: { at: number; code: string }[] = [];
  let isOver = false;
  const ask = async ({ url }: World) => {
    while (!isOver) {
      const at = Date.now();
      const call = createClient({ baseUrl: url, key: tokenNow() }).call("listModels", {});
      const code = await call.then(
        () => "ok",
        (error) => (error instanceof Problem ? error.code : String(error)),
      );
      answers.push({ at, code });
    }
  };
  const asking = Promise.all(replicas.map(ask));
  const stop = async () => {
    isOver = true;
    await asking;
    return answers;
  };
  return { answers, stop };
}

test("a client that asks on and on while its key is replaced is refused nothing; one that never hears of it is after the grace", async () => {
  const made = await make();
  let token = made.token;
  const [renewed, forgotten] = [keepAsking(() => token), keepAsking(() => made.token)];
  await waitUntil(() => renewed.answers.length > 20, { what: "both to be known everywhere" });
  const next = await rotate(made.id, 3 / 3600);
  const end = Date.parse(next.formerUntil ?? "");
  // As long as it takes to hand it out.
  await waitUntil(() => Date.now() > end - 2000, { what: "a part of the grace to pass" });
  token = next.token;
  await waitUntil(() => Date.now() > end + 5000, { what: "5 s behind the grace" });
  const [ours, theirs] = [await renewed.stop(), await forgotten.stop()];
  expect(ours.filter(({ code }) => code !== "ok")).toEqual([]);
  expect(theirs.filter(({ at, code }) => at < end - 1000 && code !== "ok")).toEqual([]);
  expect(new Set(theirs.filter(({ at }) => at > end).map(({ code }) => code))).toEqual(new Set(["key_expired"]));
  console.log(`rotation: ${ours.length} requests with the renewed key, 0 refused`);
}, 60_000);

test("without a grace the former secret is refused everywhere within 5 s, and the new one nowhere", async () => {
  const made = await make();
  const former = keepAsking(() => made.token);
  await waitUntil(() => former.answers.length > 10, { what: "it to be known everywhere" });
  const { token } = await rotate(made.id, 0);
  const since = Date.now();
  const renewed = keepAsking(() => token);
  await waitUntil(() => Date.now() > since + 5500, { what: "5 s" });
  const late = (await former.stop()).filter(({ at }) => at > since + 5000);
  expect(late.length).toBeGreaterThan(0);
  expect(new Set(late.map(({ code }) => code))).toEqual(new Set(["key_expired"]));
  expect((await renewed.stop()).filter(({ code }) => code !== "ok")).toEqual([]);
}, 60_000);

test("nobody gets another key's scopes by giving it a secret", async () => {
  const [boss, operator] = [
    await admin.call("createKey", { body: { name: "boss", scopes: ["admin"] } }),
    await admin.call("createKey", { body: { name: "all", scopes: [...SCOPES] } }),
  ];
  const client = createClient({ baseUrl: replicas[0]?.url ?? "", key: boss.token });
  const refused = await refusalOf(client.call("rotateKey", { params: { id: operator.id }, body: {} }));
  expect(refused).toMatchObject({ code: "scope_missing", extra: { scope: "operate" } });
  await client.call("rotateKey", { params: { id: boss.id }, body: {} });
});

test("it is written down who did it, and no secret is", async () => {
  const made = await make();
  const next: CreatedKey = await rotate(made.id, 24);
  const [world] = replicas;
  const lines = () => world?.logs.filter(({ path }) => path === `/v1/keys/${made.id}/rotate`) ?? [];
  await waitUntil(() => lines().length > 0, { what: "the line" });
  expect(lines()).toMatchObject([{ audit: true, keyId: "URSA_ADMIN_KEY", namespace: "default", status: 200 }]);
  for (const { token } of [made, next]) expect(world?.logLines.join("\n")).not.toContain(token.slice(-43));
});

test("the admin's former key is taken until its end, and told from the present one", async () => {
  const [current, former] = [ADMIN_KEY, "the-admin-key-before-this-one-0123456789"];
  const gate = createKeyGate(replicas[0]?.store ?? expect.unreachable());
  const until = (ms: number) => new Date(Date.now() + ms).toISOString();
  const within = createAuthenticate(gate, { current, former, formerUntil: until(60_000) });
  expect(await within(current)).toMatchObject({ keyId: "URSA_ADMIN_KEY", isInstallation: true });
  expect(await within(former)).toMatchObject({ keyId: "URSA_ADMIN_KEY_FORMER", isInstallation: true });
  const after = createAuthenticate(gate, { current, former, formerUntil: until(-1) });
  await expect(after(former)).rejects.toMatchObject({ code: "key_expired" });
  const endless = createAuthenticate(gate, { current, former });
  await expect(endless(former)).rejects.toMatchObject({ code: "key_expired" });
});
