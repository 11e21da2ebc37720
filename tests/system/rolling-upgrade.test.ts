// Two versions of Ursa at one Redis and one store, as while a rolling upgrade is under way: this checkout, and a copy of it
// whose jobs are of the next payload version and whose datasets have one option more.
import { cp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createClient } from "@ursa/contracts/client";
import { connectProducer, whileReachable } from "@ursa/queue/connection";
import { shardJobId } from "@ursa/queue/job-ids";
import { keys } from "@ursa/store/keys";
import { ok, startImageServer } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { startSurroundings, waitForEnd } from "../../services/downloader/src/downloader.fixture.ts";

const here = resolve(import.meta.dirname, "../..");
const mainOf = (checkout: string, service: string) => join(checkout, "services", service, "src/main.ts");

test("jobs of the next version wait for its workers, and what it wrote survives the version before", async () => {
  await using stack = new AsyncDisposableStack();
  const later = stack.use(await copyAsLaterVersion()).path;
  const pictures = await Promise.all([0, 1, 2, 3].map((seed) => drawBear(seed < 2 ? "black" : "teddy", seed)));
  const server = stack.use(await startImageServer(Object.fromEntries(pictures.map((p, n) => [`/${n}.jpg`, ok(p)]))));
  const around = stack.use(await startSurroundings({ allow: server.address }));
  const connection = connectProducer(around.env.URSA_REDIS_URL);
  stack.defer(() => connection.close());
  const readJob = (jobId: string) =>
    whileReachable(connection, () => connection.redis.hmget(`bull:fetch:${jobId}`, "data", "delay", "atm"));
  const urls = pictures.map((_, n) => `${server.origin}/${n}.jpg`);
  const sources = [
    { class: "black", urls: urls.slice(0, 2) },
    { class: "teddy", urls: urls.slice(2) },
  ];
  const createBy = async (main: string) => {
    // The API of either version is a service on the same Redis and store, and answers the same probe.
    const { url } = await around.start({}, { main });
    const client = createClient({ baseUrl: url });
    return { client, create: () => client.call("createDataset", { body: { sources } }) };
  };

  const oldWorker = await around.start();
  const newApi = await createBy(mainOf(later, "api"));
  const oldApi = await createBy(mainOf(here, "api"));

  const waiting = await newApi.create();
  const refused = await newApi.create();
  const isPutAside = async () => (await around.producer.counts()).fetch.delayed === 2;
  await waitUntil(isPutAside, { what: "both new jobs to be put aside by the old worker" });
  for (const record of [waiting, refused]) {
    const [data, delay, attemptsMade] = await readJob(shardJobId(record, "fetch", 0));
    expect(JSON.parse(data ?? "")).toMatchObject({ v: 5 });
    expect(attemptsMade ?? "0").toBe("0");
    // Looked at again after a second at first, then ever more seldom: no worker is kept busy by it.
    expect(Number(delay)).toBeGreaterThanOrEqual(1000);
  }
  expect(oldWorker.log()).toContain("it waits for a worker of a later version");
  expect(await waitForEnd(around, await oldApi.create())).toMatchObject({
    state: "ready",
    counts: { outcomes: { ok: 4 } },
  });

  await oldApi.client.call("cancelDataset", { params: { id: refused.id } });
  const { body } = await around.store.get(keys.record("default", "datasets", refused.id));
  expect(JSON.parse(body.toString())).toMatchObject({ state: "cancelled", options: { sharpness: 7, splitSeed: 42 } });

  await around.start({}, { main: mainOf(later, "downloader") });
  // Both are at work: the old worker may put a job aside a few times more before the new one meets it.
  expect(await waitForEnd(around, waiting, 240_000)).toMatchObject({ state: "ready", counts: { outcomes: { ok: 4 } } });
  await oldWorker.end();
  expect(await waitForEnd(around, await oldApi.create())).toMatchObject({ state: "ready" });
});

/** The services and libs with the next payload version, which still understands this one's; packages are shared. */
async function copyAsLaterVersion() {
  const folder = await createScratchFolder();
  const copy = (name: string) => cp(join(here, name), join(folder.path, name), { recursive: true });
  await Promise.all(["libs", "services", "package.json"].map(copy));
  const modules = join(folder.path, "node_modules");
  await cp(join(here, "node_modules/@ursa"), join(modules, "@ursa"), { recursive: true, verbatimSymlinks: true });
  const packages = (await readdir(join(here, "node_modules"))).filter((name) => name !== "@ursa");
  await Promise.all(packages.map((name) => symlink(join(here, "node_modules", name), join(modules, name))));
  const contracts = (file: string) => join(folder.path, "libs/contracts/src", file);
  await edit(contracts("queues.ts"), "PAYLOAD_VERSION = 4", "PAYLOAD_VERSION = 5");
  await edit(contracts("queues.ts"), "JOB_VERSION = 1", "JOB_VERSION = 5");
  await edit(contracts("queues.ts"), "z.literal(JOB_VERSION)", "z.literal([1, JOB_VERSION])");
  // Of jobs that name rows, and of those of a dataset.
  for (let kind = 0; kind < 2; kind += 1)
    await edit(contracts("queues.ts"), "z.literal([JOB_VERSION, ", "z.literal([1, JOB_VERSION, ");
  await edit(contracts("dataset.ts"), "splitSeed: z", "sharpness: z.int().default(7),\n  splitSeed: z");
  return folder;
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, "utf8");
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}
