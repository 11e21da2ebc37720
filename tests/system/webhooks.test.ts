// Every service tells of what it ends: the whole of Ursa with a receiver beside it, set up as a person would.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isGenuine, type Received } from "../../services/downloader/src/notify-world.fixture.ts";
import { runCli } from "./run-cli.ts";
import { startWorld, type World } from "./world.ts";

/** The reconciler looks every 22 seconds or later: what comes sooner was told by whoever ended the record. */
const SOON_MS = 10_000;

let world: World;
const received: (Received & { at: number })[] = [];
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  received.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() });
  response.writeHead(204).end();
});
let address: string;

beforeAll(async () => {
  await once(receiver.listen(0, "127.0.0.1"), "listening");
  const { port } = receiver.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  address = `127.0.0.1:${port}`;
  world = await startWorld({ allow: [address] });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  receiver.close();
});

async function run(...words: string[]) {
  const { code, out, err } = await runCli(["--url", world.ursa.apiUrl, ...words]);
  expect(code, `${words.join(" ")}\n${out}${err}`).toBe(0);
  return { out: out.trim(), err };
}

test("a webhook that was added and tested is told of every kind of job, at once, and after its removal of none", async () => {
  const { out: secret, err } = await run("webhook", "add", `http://${address}/ursa`, "--name", "ci");
  const [id = ""] = /whk_\w+/.exec(err) ?? [];
  expect((await run("webhook", "test", id)).out).toMatch(/^whk_\w+ took it: delivered, HTTP 204\.$/);
  await run("demo", "--recipe", "quick", "--gallery", `http://${world.gallery.address}`);
  const { client } = world.session;
  const [model] = (await client.call("listModels", {})).items;
  if (!model) throw new Error("the demo left no model");
  await run("evaluate", model.id, model.dataset.id, "--split", "valid");
  await run("clean", model.dataset.id);
  await run("sgd", "--steps", "10");
  const cancelled = await client.call("createModel", { body: { dataset: model.dataset.id } });
  await client.call("cancelModel", { params: { id: cancelled.id } });

  const events = () => received.map(({ body, at }) => ({ at, ...JSON.parse(body) }));
  const finished = () => events().filter(({ type }) => type === "job.finished");
  const kinds = ["dataset", "model", "prediction", "evaluation", "inspection", "regression"];
  const isTold = () =>
    kinds.every((kind) => finished().some(({ data }) => data.kind === kind && data.state === "ready")) &&
    finished().some(({ data }) => data.id === cancelled.id);
  await waitUntil(isTold, { what: "every end to be told", timeoutMs: SOON_MS });
  for (const { at, timestamp, data } of finished())
    expect(at - Date.parse(timestamp), JSON.stringify(data)).toBeLessThan(SOON_MS);
  expect(finished().find(({ data }) => data.id === cancelled.id)?.data).toEqual({
    ...{ kind: "model", id: cancelled.id, namespace: "default", state: "cancelled", error: { code: "cancelled" } },
  });
  for (const each of received) expect(await isGenuine(each, secret)).toBe(true);
  const ids = received.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size, "nothing was told twice").toBe(ids.length);

  expect((await run("webhook", "list")).out).toContain("delivered, HTTP 204");
  await run("webhook", "remove", id);
  await run("sgd", "--steps", "10");
  expect(received).toHaveLength(ids.length);
});
