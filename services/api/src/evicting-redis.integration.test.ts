// A Redis that drops keys when its memory is full would lose jobs, and one whose memory is full takes none: nothing is created on it,
// and the answer says how to mend it.
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls } from "./api-world.fixture.ts";

test("work is refused on a Redis that evicts keys, and taken once that is mended", async () => {
  await using world = await startWorld();
  const { redis } = world.connection;
  const isConnected = () =>
    world.producer.ping().then(
      () => true,
      () => false,
    );
  await waitUntil(isConnected, { what: "a first connection, which a busy machine may be late for" });
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

test("work is refused while the memory of Redis is full, what is there is answered, and work is taken once there is room", async () => {
  await using world = await startWorld();
  const { redis } = world.connection;
  const sources = ["black", "teddy"].map((name) => ({ class: name, urls: urls(name, 3) }));
  const create = () => world.client.call("createDataset", { body: { sources } });
  const { id } = await create();
  const before = await keysUnder(world);
  await redis.config("SET", "maxmemory", "100kb");
  const refusal = await refusalOf(create());
  expect(refusal).toMatchObject({ code: "queue_unavailable", status: 503 });
  expect(refusal.message).toMatch(/memory of Redis is full.*Raise its maxmemory/);
  expect(await keysUnder(world)).toEqual(before);
  expect(await world.client.call("getDataset", { params: { id } })).toMatchObject({ state: "queued" });
  expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  await redis.config("SET", "maxmemory", "0");
  expect(await create()).toMatchObject({ state: "queued" });
});
