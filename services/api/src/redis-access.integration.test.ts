// What deploy/redis/users.acl lets the services do, on a real Redis that has it: all of their work, and nothing else.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { QUEUE_NAMES, type QueueName } from "@ursa/contracts/queues";
import { connectWorker, type RedisConnection } from "@ursa/queue/connection";
import { startWorker } from "@ursa/queue/worker";
import { createMetrics } from "@ursa/service/metrics";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, toArray, urls, type World } from "./api-world.fixture.ts";
import {
  base,
  seedDataset,
  seedEvaluation,
  seedInspection,
  seedModel,
  seedPrediction,
} from "./seed-records.fixture.ts";

const ACL = readFileSync(new URL("../../../deploy/redis/users.acl", import.meta.url), "utf8");
const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";

const stack = new AsyncDisposableStack();
let world: World;
/** Redis' own administrator, whom the file as it is deployed does not have. */
let admin: RedisConnection;
/** What the services connect as. */
let ursa: RedisConnection;

beforeAll(async () => {
  const folder = stack.use(await createScratchFolder());
  const aclFile = join(folder.path, "users.acl");
  const withAdmin = ACL.replace("user default off", "user default on nopass ~* &* +@all").replace("PASSWORD", "bears");
  writeFileSync(aclFile, withAdmin);
  // Allowed by the server, so that it is the file that refuses them.
  const dangerous = ["--enable-module-command", "yes", "--enable-debug-command", "yes"];
  const redis = await startRedis({ args: ["--aclfile", aclFile, ...dangerous] });
  admin = connectWorker(redis.url);
  stack.defer(() => admin.close());
  const url = redis.url.replace("//", "//ursa:bears@");
  world = stack.use(await startWorld({ adminKey: ADMIN_KEY, redis: async () => ({ ...redis, url }) }));
  ursa = connectWorker(url);
  stack.defer(() => ursa.close());
});
afterAll(() => stack.disposeAsync());

/** Everything that was refused since the last question, also what the program took for no answer. */
async function refusals(): Promise<unknown> {
  const log = await admin.redis.acl("LOG");
  await admin.redis.acl("LOG", "RESET");
  return log;
}

test("nobody gets in without a name, and `probe` may only ping", () => {
  expect(
    ACL.split("\n")
      .filter(Boolean)
      .map((line) => line.split(" ").slice(0, 2).join(" ")),
  ).toEqual(["user default", "user probe", "user ursa"]);
  expect(ACL).toMatch(/^user default off$/m);
  expect(ACL).toMatch(/^user probe on nopass -@all \+ping$/m);
});

test("a job goes through every queue, once well and once by way of a failure, and is followed while it does", async () => {
  const done: string[] = [];
  const failed = new Set<string>();
  const run = (queue: QueueName) =>
    startWorker({
      ...{ queue, connection: ursa, concurrency: 1, log: world.log, metrics: createMetrics("test"), cancelPollMs: 100 },
      process: async ({ id, namespace }) => {
        if (queue === "fetch") await world.events.reportProgress({ namespace, id }, "fetch", "0", 1, 1);
        // Each first attempt fails, and waits until it is tried again.
        if (failed.size < failed.add(queue).size) throw new Error("once");
        done.push(queue);
      },
    });
  const workers = QUEUE_NAMES.map(run);
  await world.producer.enqueueDataset(await seedDataset(world, { state: "queued" }));
  await world.producer.enqueueModel(await seedModel(world, { state: "queued" }));
  await world.producer.enqueuePrediction(await seedPrediction(world, { state: "queued" }));
  await world.producer.enqueueEvaluation(await seedEvaluation(world, { state: "queued" }));
  await world.producer.enqueueInspection(await seedInspection(world, { state: "queued" }));
  const { id } = await world.client.call("createWebhook", { body: { url: "https://hooks.example/" } });
  // A message of a test is not tried again, so the second one is the one that goes well.
  for (let times = 0; times < 2; times += 1) await world.client.call("testWebhook", { params: { id } });
  const allDone = () => QUEUE_NAMES.every((name) => done.includes(name));
  await waitUntil(allDone, { what: "a job of each queue to end", timeoutMs: 60_000 });

  const { queues } = await world.client.call("operationsStatus", {});
  expect(queues.map(({ workers: at }) => at.length)).toEqual(QUEUE_NAMES.map(() => 1));
  await Promise.all(workers.map((worker) => worker.close()));
  expect(await refusals()).toEqual([]);
});

test("lists, events, cancelling, limits, metrics, checks, draining and the queues' page work", async () => {
  const sources = ["black", "teddy"].map((name) => ({ class: name, urls: urls(name, 3) }));
  const { id } = await world.client.call("createDataset", { body: { sources } });
  expect((await world.client.call("listDatasets", {})).items[0]?.id).toBe(id);
  const owner = { namespace: "default", id };
  const follower = world.events.follow(owner, { signal: AbortSignal.timeout(10_000) });
  const next = follower[Symbol.asyncIterator]().next();
  await world.events.publish(owner, { type: "state", state: "running" });
  expect((await next).value).toMatchObject({ data: { type: "state" } });
  await world.client.call("cancelDataset", { params: { id } });
  expect(await world.rateLimit.take("a", "b", 1)).toMatchObject({ retryAfterSeconds: 0 });

  const asOperator = { headers: { authorization: `Bearer ${ADMIN_KEY}` } };
  const board = await fetch(`${world.url}/operations/queues/api/queues?activeQueue=train&status=failed`, asOperator);
  expect(board.status).toBe(200);
  expect((await fetch(`${world.url}/operations/queues/api/redis/stats`, asOperator)).status).toBe(200);
  expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  const { findings } = await world.client.call("operationsChecks", {});
  expect(findings.filter(({ state }) => state === "fault")).toEqual([]);
  for (const paused of [true, false]) await world.client.call("drain", { body: { paused } });
  await toArray(await world.client.call("collectGarbage", { body: { dryRun: false } }));
  expect(await refusals()).toEqual([]);
});

const OTHER = `other:${base("dataset", "queued").id}`;

test.each([
  ["reads a key of others", ["GET", OTHER]],
  ["writes a key of others", ["SET", OTHER, "1"]],
  ["moves its own key to theirs", ["RENAME", "ursa:a", OTHER]],
  ["reaches theirs by a script", ["EVAL", `return redis.call("GET", KEYS[1])`, 1, OTHER]],
  ["reaches theirs by a script that hides it", ["EVAL", `return redis.call("GET", "${OTHER}")`, 0]],
  ["listens to others", ["SUBSCRIBE", OTHER]],
  ["listens to everything", ["PSUBSCRIBE", "*"]],
  ["speaks to others", ["PUBLISH", OTHER, "1"]],
  ["lists all keys", ["KEYS", "*"]],
  ["deletes everything", ["FLUSHALL"]],
  ["deletes everything of one database", ["FLUSHDB"]],
  ["swaps databases", ["SWAPDB", 0, 1]],
  ["reads the configuration", ["CONFIG", "GET", "*"]],
  ["writes files by the configuration", ["CONFIG", "SET", "dir", "/tmp"]],
  ["rewrites the configuration", ["CONFIG", "REWRITE"]],
  ["lists users", ["ACL", "LIST"]],
  ["gives itself more", ["ACL", "SETUSER", "ursa", "+@all"]],
  ["sees what others ask", ["MONITOR"]],
  ["stops the server", ["SHUTDOWN", "NOSAVE"]],
  ["makes it a replica of another", ["REPLICAOF", "192.0.2.1", "6379"]],
  ["loads a module", ["MODULE", "LOAD", "/tmp/a.so"]],
  ["stops it for a while", ["DEBUG", "SLEEP", "1"]],
  ["closes connections", ["CLIENT", "KILL", "TYPE", "normal"]],
  ["sends keys to another server", ["MIGRATE", "192.0.2.1", "6379", "ursa:a", "0", "1"]],
  ["writes a snapshot", ["SAVE"]],
  ["rewrites the log", ["BGREWRITEAOF"]],
  ["forgets everyone's scripts", ["SCRIPT", "FLUSH"]],
  ["ends a running script", ["SCRIPT", "KILL"]],
  [
    "leaves a function behind",
    ["FUNCTION", "LOAD", "#!lua name=a\nredis.register_function('a', function() return 1 end)"],
  ],
  ["calls a function", ["FCALL", "a", 0]],
])("a service that %s is refused", async (_what, [command = "", ...args]) => {
  await expect(ursa.redis.call(String(command), ...args)).rejects.toThrow(
    /NOPERM|can't access at least one of the keys/,
  );
});

test("the probe can ping and do nothing else", async () => {
  const probe = connectWorker(world.redis.url.replace("ursa:bears@", "probe:any@"));
  expect(await probe.redis.call("PING")).toBe("PONG");
  for (const [command = "", ...args] of [["GET", "a"], ["INFO"], ["ACL", "LIST"], ["CLIENT", "LIST"], ["KEYS", "*"]])
    await expect(probe.redis.call(command, ...args), command).rejects.toThrow("NOPERM");
  probe.redis.disconnect();
});
