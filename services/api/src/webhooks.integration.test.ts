// Webhooks through the API: what is refused, what is shown to whom, and that a cancel is told, with Redis or without.
import { createClient } from "@ursa/contracts/client";
import { MOST_WEBHOOKS } from "@ursa/contracts/webhook";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedDataset, seedModel } from "./seed-records.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const url = "https://hooks.example/ursa?token=hook-token";

let world: World;
beforeAll(async () => {
  world = await startWorld({ adminKey: ADMIN_KEY });
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** As an admin of a namespace of its own. */
async function adminOf(namespace: string) {
  const { token } = await world.client.call("createKey", { body: { name: "test", namespace, scopes: ["admin"] } });
  return createClient({ baseUrl: world.url, key: token });
}

const messages = () =>
  world.connection.redis.keys("bull:notify:whk_*").then((keys) => keys.map((key) => key.slice(12)));

test.each([
  ["no address", {}],
  ["a file", { url: "file:///etc/passwd" }],
  ["a password in it", { url: "https://user:password@hooks.example/" }],
  ["an unknown event", { url, events: ["job.started"] }],
  ["a secret of one's own", { url, secret: "whsec_AAAA" }],
])("%s is refused, with where the fault is", async (_what, body) => {
  const response = await fetch(`${world.url}/v1/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ code: "invalid_request", errors: [{ in: "body" }] });
});

test("a private address is taken here, because only the downloader knows what it may reach", async () => {
  const client = await adminOf("inside");
  expect(await client.call("createWebhook", { body: { url: "http://10.0.0.7:9000/hook" } })).toMatchObject({
    namespace: "inside",
  });
});

test("a namespace has its number of them", async () => {
  const client = await adminOf("full");
  for (let n = 0; n < MOST_WEBHOOKS; n += 1) await client.call("createWebhook", { body: { url } });
  const refused = await refusalOf(client.call("createWebhook", { body: { url } }));
  expect(refused).toMatchObject({ code: "too_many_webhooks" });
  expect(refused.message).toContain("delete one");
});

test("the secret is in one answer, and in no other, no log line, no page of jobs and no metric", async () => {
  const client = await adminOf("secretive");
  const { id, secret } = await client.call("createWebhook", { body: { url } });
  const { message } = await client.call("testWebhook", { params: { id } });
  const asAdmin = { headers: { authorization: `Bearer ${ADMIN_KEY}` } };
  const paths = [
    "/api/queues?activeQueue=notify&status=waiting&page=1&jobsPerPage=10",
    `/api/queues/notify/${message}`,
  ];
  const pages = await Promise.all(
    paths.map(async (path) => (await fetch(`${world.url}/operations/queues${path}`, asAdmin)).text()),
  );
  for (const page of pages) expect(page).toContain(id);
  const metrics = await (await fetch(`${world.url}/metrics`)).text();
  const answers = [await client.call("getWebhook", { params: { id } }), await client.call("listWebhooks", {})];
  const said = [...pages, metrics, ...world.logLines];
  for (const text of [...said, JSON.stringify(answers)]) expect(text).not.toContain(secret);
  for (const text of said) expect(text).not.toContain("hook-token");
});

test("a cancel is told to its namespace and to no other; while Redis is away later, when somebody reconciles", async () => {
  const [ours, theirs] = [await adminOf("ours"), await adminOf("theirs")];
  const { id } = await ours.call("createWebhook", { body: { url } });
  await theirs.call("createWebhook", { body: { url } });
  const before = await messages();
  const soon = await seedModel(world, { namespace: "ours", state: "running" });
  await ours.call("cancelModel", { params: { id: soon.id } });
  const added = async () => (await messages()).filter((message) => !before.includes(message)).toSorted();
  expect(await added()).toEqual([`${id}-${soon.id}`]);

  const later = await seedDataset(world, { namespace: "ours", state: "running" });
  await world.redis.kill();
  expect(await ours.call("cancelDataset", { params: { id: later.id } })).toMatchObject({ state: "cancelled" });
  expect(world.logs.filter(({ msg }) => msg === "webhooks not told: left to the reconciler")).toHaveLength(1);
  await world.redis.restart();
  await waitUntil(
    () =>
      world.producer.ping().then(
        () => true,
        () => false,
      ),
    { what: "Redis to be back" },
  );
  await world.client.call("reconcile", {});
  expect(await added()).toEqual([`${id}-${later.id}`, `${id}-${soon.id}`].toSorted());
});

test("while Redis is away webhooks are shown, made and removed, and only a test has to wait", async () => {
  const client = await adminOf("away");
  await world.redis.kill();
  const { id } = await client.call("createWebhook", { body: { url } });
  expect((await client.call("listWebhooks", {})).items.map((webhook) => webhook.id)).toEqual([id]);
  const refused = await refusalOf(client.call("testWebhook", { params: { id } }));
  expect(refused).toMatchObject({ code: "queue_unavailable" });
  await client.call("deleteWebhook", { params: { id } });
  await world.redis.restart();
});
