import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectProducer, connectWorker, type RedisConnection } from "./connection.ts";
import { createRateLimit } from "./rate-limit.ts";

let redis: TestRedis;
let connection: RedisConnection;

beforeAll(async () => {
  redis = await startRedis();
  connection = connectWorker(redis.url);
});
beforeEach(() => connection.redis.flushall());
afterAll(async () => {
  await connection.close();
  await redis[Symbol.asyncDispose]();
});

test("each may ask so often in a minute, together at all replicas, and is told when to come back", async () => {
  const [one, other] = [createRateLimit(connection), createRateLimit(connection)];
  expect(await one.take("default/bears@web", "203.0.113.7", 2)).toBe(0);
  expect(await other.take("default/bears@web", "203.0.113.7", 2)).toBe(0);
  const wait = await one.take("default/bears@web", "203.0.113.7", 2);
  expect(wait).toBeGreaterThan(50);
  expect(wait).toBeLessThanOrEqual(60);
  expect(await one.take("default/bears@web", "203.0.113.8", 2)).toBe(0);
  expect(await one.take("default/cats@web", "203.0.113.7", 2)).toBe(0);
});

test("a window ends, and nothing is kept of it", async () => {
  const limit = createRateLimit(connection, { windowMs: 200 });
  const ask = () => limit.take("default/bears@web", "203.0.113.7", 1);
  expect([await ask(), await ask()]).toEqual([0, 1]);
  await waitUntil(async () => (await connection.redis.dbsize()) === 0, { what: "the window's end" });
  expect(await ask()).toBe(0);
});

test("whoever has many addresses fills no memory, and those who were there first go on", async () => {
  const limit = createRateLimit(connection, { mostAskers: 3 });
  const waits: number[] = [];
  for (let host = 0; host < 5; host += 1) waits.push(await limit.take("default/bears@web", `203.0.113.${host}`, 9));
  expect(waits.map((wait) => wait > 0)).toEqual([false, false, false, true, true]);
  expect(await limit.take("default/bears@web", "203.0.113.0", 9)).toBe(0);
  expect(await connection.redis.hlen("ursa:rate:default/bears@web")).toBe(3);
  expect(await connection.redis.dbsize()).toBe(1);
});

test("what cannot be counted is not let in", async () => {
  await using lost = await startRedis();
  const away = connectProducer(lost.url);
  await lost.stop();
  const limit = createRateLimit(away);
  await expect(limit.take("default/bears@web", "203.0.113.7", 9)).rejects.toMatchObject({ code: "queue_unavailable" });
  await away.close();
});
