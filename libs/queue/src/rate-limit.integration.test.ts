import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { connectProducer } from "./connection.ts";
import { startConnection } from "./queue-world.fixture.ts";
import { createRateLimit, type RateLimit } from "./rate-limit.ts";

const { connection } = await startConnection();

/** Seconds to wait, 0 for who is let in. */
const ask = async (limit: RateLimit, who: string, perMinute: number, what = "default/bears@web") =>
  (await limit.take(what, who, perMinute)).retryAfterSeconds;

test("each may ask so often in a minute, together at all replicas, and is told when to come back", async () => {
  const [one, other] = [createRateLimit(connection), createRateLimit(connection)];
  expect(await ask(one, "203.0.113.7", 2)).toBe(0);
  expect(await ask(other, "203.0.113.7", 2)).toBe(0);
  const wait = await ask(one, "203.0.113.7", 2);
  expect(wait).toBeGreaterThan(50);
  expect(wait).toBeLessThanOrEqual(60);
  expect(await ask(one, "203.0.113.8", 2)).toBe(0);
  expect(await ask(one, "203.0.113.7", 2, "default/cats@web")).toBe(0);
});

test("whoever is let in knows how much is left, and how long until it is counted anew", async () => {
  const limit = createRateLimit(connection);
  const counts = [];
  for (let time = 0; time < 4; time += 1) counts.push(await limit.take("key/a", "a", 3));
  expect(counts.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
  expect(counts.map(({ retryAfterSeconds }) => retryAfterSeconds > 0)).toEqual([false, false, false, true]);
  for (const { resetSeconds } of counts) expect([59, 60]).toContain(resetSeconds);
});

test("of twenty who ask at once for three places three get in", async () => {
  const [one, other] = [createRateLimit(connection), createRateLimit(connection)];
  const waits = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(n % 2 === 0 ? one : other, "a", 3)));
  expect(waits.filter((wait) => wait === 0).length).toBe(3);
});

test("a window ends, and nothing is kept of it", async () => {
  const limit = createRateLimit(connection, { windowMs: 200 });
  expect([await ask(limit, "203.0.113.7", 1), await ask(limit, "203.0.113.7", 1)]).toEqual([0, 1]);
  await waitUntil(async () => (await connection.redis.dbsize()) === 0, { what: "the window's end" });
  expect(await ask(limit, "203.0.113.7", 1)).toBe(0);
});

test("whoever has many addresses fills no memory, and those who were there first go on", async () => {
  const limit = createRateLimit(connection, { mostAskers: 3 });
  const waits: number[] = [];
  for (let host = 0; host < 5; host += 1) waits.push(await ask(limit, `203.0.113.${host}`, 9));
  expect(waits.map((wait) => wait > 0)).toEqual([false, false, false, true, true]);
  expect(await ask(limit, "203.0.113.0", 9)).toBe(0);
  expect(await connection.redis.hlen("ursa:rate:default/bears@web")).toBe(3);
  expect(await connection.redis.dbsize()).toBe(1);
});

test("what cannot be counted is not let in", async () => {
  await using lost = await startRedis();
  const away = connectProducer(lost.url);
  await lost.stop();
  const limit = createRateLimit(away);
  await expect(limit.take("default/bears@web", "203.0.113.7", 9)).rejects.toMatchObject({ code: "queue_unavailable" });
  const asked = performance.now();
  expect(await limit.tryTake("key/a", "a", 9)).toBeUndefined();
  expect(performance.now() - asked).toBeLessThan(300);
  await away.close();
});
