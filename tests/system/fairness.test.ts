// One namespace lists 100,000 URLs, and another ten: how much longer the ten take than on an Ursa with nothing else to do. Once the many
// are pictures that keep every core busy, and once they are of a server that takes a second for each, so that no shard of theirs ends soon.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, createClient } from "@ursa/contracts/client";
import { isFinal } from "@ursa/contracts/record";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ursaServices } from "../../cli/src/local/up/service-table.ts";
import { startUrsa, type Ursa } from "../../cli/src/local/up/supervisor.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const MANY = 100_000;
/** What the issue of fairness is held to. */
const MOST_MS = 5000;
const SLOW_MS = 1000;
/** Longer than it takes until all places hold shards of the many. */
const BUSY_AFTER_MS = 5000;

const stack = new AsyncDisposableStack();
let ursa: Ursa;
let servers: Record<"fast" | "slow" | "few", Awaited<ReturnType<typeof startGallery>>>;
let clients: Record<"many" | "few", Client>;
let pictures: Record<"black" | "teddy", Uint8Array[]>;

beforeAll(async () => {
  const draw = (kind: "black" | "teddy") =>
    Promise.all(Array.from({ length: DRAWN }, (_, seed) => drawBear(kind, seed)));
  pictures = { black: await draw("black"), teddy: await draw("teddy") };
  servers = { fast: await startGallery(0), slow: await startGallery(SLOW_MS), few: await startGallery(0) };
  const folder = stack.use(await createScratchFolder());
  ursa = stack.use(
    await startUrsa({
      ...{ home: folder.path, port: 0, quiet: true },
      // No picture is classified here.
      env: { URSA_ADMIN_KEY: ADMIN_KEY, URSA_INFERER_URL: "http://127.0.0.1:9" },
      allowFetch: Object.values(servers).map(({ address }) => address),
      services: ursaServices.filter(({ name }) => ["api", "downloader"].includes(name)),
    }),
  );
  const admin = createClient({ baseUrl: ursa.apiUrl, key: ADMIN_KEY, retries: 40 });
  const clientOf = async (namespace: string) => {
    const { token } = await admin.call("createKey", { body: { name: namespace, namespace, scopes: ["write"] } });
    return createClient({ baseUrl: ursa.apiUrl, key: token });
  };
  clients = { many: await clientOf("many"), few: await clientOf("few") };
});
afterAll(() => stack.disposeAsync());

const DRAWN = 5;

/** `/list/kind/n.jpg` is the n-th of five drawn bears of that kind, and then the first again. */
async function startGallery(thinksMs: number) {
  let hits = 0;
  const server = createServer(async ({ url = "" }, response) => {
    hits += 1;
    const [, , kind, file = ""] = url.split("/");
    await delay(thinksMs);
    const picture = pictures[kind === "teddy" ? "teddy" : "black"][Number.parseInt(file, 10) % DRAWN];
    response.writeHead(200, { "content-type": "image/jpeg" }).end(picture);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${port}`, address: `127.0.0.1:${port}`, hits: () => hits };
}

let lists = 0;
/** URLs that were never asked for before, half of them of each class. */
function sourcesOf(origin: string, count: number) {
  const list = lists++;
  const of = (name: string) => Array.from({ length: count / 2 }, (_, n) => `${origin}/${list}/${name}/${n}.jpg`);
  return { black: of("black"), teddy: of("teddy") };
}

/** Milliseconds from the request to the dataset that is ready. */
async function timeTen(): Promise<number> {
  const ten = sourcesOf(servers.few.origin, 10);
  const sources = Object.entries(ten).map(([name, urls]) => ({ class: name, urls }));
  const asked = performance.now();
  const { id } = await clients.few.call("createDataset", { body: { sources } });
  const get = () => clients.few.call("getDataset", { params: { id } });
  await waitUntil(async () => isFinal((await get()).state), { what: "the ten", timeoutMs: 120_000, intervalMs: 50 });
  const took = performance.now() - asked;
  expect(await get()).toMatchObject({ state: "ready", counts: { outcomes: { ok: 10 } } });
  return took;
}

test.each(["fast", "slow"] as const)(
  "the ten of another namespace take at most 5 s longer beside 100,000 of a %s server",
  async (kind) => {
    await timeTen();
    const alone = Math.min(await timeTen(), await timeTen());
    const many = sourcesOf(servers[kind].origin, MANY);
    for (const [name, urls] of Object.entries(many))
      await clients.many.call("putUpload", { params: { name: `${name}.txt` }, body: urls.join("\n") });
    const sources = Object.keys(many).map((name) => ({ class: name, upload: `${name}.txt` }));
    const { id } = await clients.many.call("createDataset", { body: { sources } });
    await waitUntil(() => servers[kind].hits() > 0, { what: "the many to begin" });
    await delay(BUSY_AFTER_MS);
    const before = servers[kind].hits();
    const beside = [await timeTen(), await timeTen()];
    const { state } = await clients.many.call("getDataset", { params: { id } });
    // The many went on meanwhile, and were far from their end.
    expect(servers[kind].hits()).toBeGreaterThan(before);
    expect([state, servers[kind].hits() < MANY / 2]).toEqual(["running", true]);
    await clients.many.call("cancelDataset", { params: { id } });
    const told = `alone ${Math.round(alone)} ms, beside the many ${beside.map(Math.round).join(" and ")} ms`;
    process.stderr.write(`fairness, ${kind}: ${told}\n`);
    for (const took of beside) expect(took - alone, told).toBeLessThanOrEqual(MOST_MS);
    await waitUntil(async () => (await quietOf(servers[kind].hits)) === true, { what: "the many to stop" });
  },
);

async function quietOf(hits: () => number): Promise<boolean> {
  const before = hits();
  await delay(3 * SLOW_MS);
  return hits() === before;
}
