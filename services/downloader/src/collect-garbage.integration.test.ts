// Garbage collected while a dataset is being made of pictures that nothing else needs any more: the one moment that could lose some.
import { readdir, utimes } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { collectGarbage } from "@ursa/catalog/collect-garbage";
import { readItems } from "@ursa/dataset/manifest";
import { connectProducer } from "@ursa/queue/connection";
import { createQueueControl } from "@ursa/queue/queue-control";
import { keys } from "@ursa/store/keys";
import { ok, startImageServer } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { createDataset, startSurroundings, waitForEnd } from "./downloader.fixture.ts";

const YEAR_AGO = new Date(Date.now() - 365 * 86_400_000);

async function toArray<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

test("pictures that a shard finds in the store and relies on are not deleted under it", async () => {
  const pictures = await Promise.all([0, 1, 2, 3, 4].map((seed) => drawBear(seed < 2 ? "black" : "teddy", seed)));
  await using server = await startImageServer(Object.fromEntries(pictures.map((bytes, n) => [`/${n}.jpg`, ok(bytes)])));
  await using around = await startSurroundings({ allow: server.address });
  const connection = connectProducer(around.env.URSA_REDIS_URL);
  const queues = createQueueControl(connection);
  await around.start();
  const url = (n: number) => `${server.origin}/${n}.jpg`;
  const imagesLeft = () => readdir(fileURLToPath(`${around.env.URSA_STORE_URL}/ns/default/images`));
  const dataset = () => ({ black: [url(0), url(1)], teddy: [url(2), url(3)] });

  // A dataset that is deleted again leaves five old pictures that nothing names.
  const first = await waitForEnd(
    around,
    await createDataset(around, { ...dataset(), teddy: [url(2), url(3), url(4)] }),
  );
  for await (const { key } of around.store.list(keys.dataset.all(first))) await around.store.delete(key);
  await around.catalog.remove("dataset", first);
  for (const name of await imagesLeft())
    await utimes(fileURLToPath(`${around.env.URSA_STORE_URL}/ns/default/images/${name}`), YEAR_AGO, YEAR_AGO);
  expect(await imagesLeft()).toHaveLength(5);

  // The next one is in the middle of its shard: three pictures are found again, the fourth is slow.
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  server.set("/3.jpg", async (request, response, hits) => {
    await released;
    return ok(pictures[3] ?? Buffer.of())(request, response, hits);
  });
  const second = await createDataset(around, dataset());
  await waitUntil(() => server.hits.filter((path) => path === "/3.jpg").length === 2, { what: "the slow picture" });
  const { signal } = new AbortController();
  const collected = toArray(
    collectGarbage({
      store: around.store,
      holdFetch: (work) => queues.holdFetch(signal, work),
      dryRun: false,
      olderThanMs: 3_600_000,
      signal,
    }),
  );
  const isGateClosed = async () => (await connection.redis.exists("ursa:fetch-gate")) === 1;
  await waitUntil(isGateClosed, { what: "the collector to wait for the shard" });
  const third = await createDataset(around, dataset());
  expect(await imagesLeft()).toHaveLength(5);
  release();

  expect(await collected).toMatchObject([{ kind: "pictures", objects: 1 }]);
  for (const made of [second, third]) {
    const ended = await waitForEnd(around, made);
    expect(ended.counts?.outcomes).toEqual({ ok: 4 });
    const items = readItems(around.store, ended.manifest?.key ?? "");
    for await (const { sha256 = "" } of items)
      expect(await around.store.head(keys.image("default", sha256))).toBeDefined();
  }
  expect(await imagesLeft()).toHaveLength(4);
  await queues.close();
  await connection.close();
});
