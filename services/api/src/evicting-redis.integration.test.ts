// A Redis that drops keys when its memory is full would lose jobs: nothing is created on it, and the answer says how to mend it.
import { expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls } from "./api-world.fixture.ts";

test("work is refused on a Redis that evicts keys, and taken once that is mended", async () => {
  await using world = await startWorld();
  const { redis } = world.connection;
  await world.producer.ping();
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  const sources = ["black", "teddy"].map((name) => ({ class: name, urls: urls(name, 3) }));
  const create = () => world.client.call("createDataset", { body: { sources } });
  const refusal = await refusalOf(create());
  expect(refusal).toMatchObject({ code: "queue_unavailable", status: 503 });
  expect(refusal.message).toMatch(/allkeys-lru.*--maxmemory-policy noeviction/);
  expect(await keysUnder(world)).toEqual([]);
  await redis.config("SET", "maxmemory-policy", "noeviction");
  expect(await create()).toMatchObject({ state: "queued" });
});
