import { Problem } from "@ursa/contracts/problem";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { connectWorker } from "./connection.ts";
import { createProducer } from "./producer.ts";
import { drawDataset, quiet } from "./test-fixtures.ts";
import { startWorker } from "./worker.ts";

test("a flow's parent runs after its last child, though one child failed for good", async () => {
  await using redis = await startRedis();
  const connection = connectWorker(redis.url);
  const producer = createProducer(connection);
  const seen: string[] = [];
  const record = drawDataset({ shards: 5 });
  const fetcher = startWorker({
    ...quiet(),
    queue: "fetch",
    connection,
    concurrency: 2,
    process: async ({ shard }) => {
      if (shard === 2) throw new Problem("invalid_request", "this shard is hopeless");
      seen.push(`fetch ${shard}`);
    },
  });
  const assembler = startWorker({
    ...quiet(),
    queue: "assemble",
    connection,
    concurrency: 1,
    process: async ({ id }) => void seen.push(`assemble ${id}`),
  });
  await producer.enqueueDataset(record);
  await waitUntil(() => seen.length === 5, { what: "four shards and the parent" });
  expect(seen.at(-1)).toBe(`assemble ${record.id}`);
  await fetcher.close();
  await assembler.close();
  await producer.close();
  await connection.close();
});
