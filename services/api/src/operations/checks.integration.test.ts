// What is told of a Redis that is not as it must be, of clocks that differ, and of parts that cannot be asked at all.

import type { Finding } from "@ursa/contracts/operations";
import { connectProducer } from "@ursa/queue/connection";
import { createQueueControl } from "@ursa/queue/queue-control";
import type { RedisReport } from "@ursa/queue/redis-report";
import { openFolderStore } from "@ursa/store/folder-store";
import { StoreUnavailable } from "@ursa/store/object-store";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { redisFindings, runChecks } from "./checks.ts";

const wrongIn = (findings: Finding[]) => findings.filter(({ state }) => state !== "ok");

test("a Redis that evicts, forgets and is nearly full is told apart, each with what to do", async () => {
  const args = ["--appendonly", "no", "--maxmemory-policy", "allkeys-lru", "--maxmemory", "2mb"];
  await using redis = await startRedis({ args });
  await using folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path });
  const connection = connectProducer(redis.url);
  const queues = createQueueControl(connection);
  const parts = { queues, store, storeUrl: `file://${folder.path}` };
  expect(wrongIn(await runChecks(parts)).map(({ check, state }) => [check, state])).toEqual(
    expect.arrayContaining([
      ["redis policy", "fault"],
      ["redis persistence", "warning"],
    ]),
  );
  await redis.stop();
  const away = wrongIn(await runChecks(parts));
  expect(away).toMatchObject([{ check: "redis", state: "fault", remedy: expect.stringContaining("Start Redis") }]);
  const broken = { ...store, put: () => Promise.reject(new StoreUnavailable("https://u:hunter2@s3 gave 503")) };
  const told = wrongIn(await runChecks({ ...parts, store: broken }));
  expect(told.map(({ check }) => check)).toEqual(["redis", "store"]);
  expect(JSON.stringify(told)).not.toContain("hunter2");
  await queues.close();
  await connection.close();
  await store.close();
});

const sound: RedisReport = {
  version: "7.0.15",
  policy: "noeviction",
  hasAppendOnlyFile: true,
  isWritingWell: true,
  usedBytes: 1,
  maxBytes: 0,
  clockAheadMs: -3,
};

test.each<[Partial<RedisReport>, string, Finding["state"]]>([
  [{ version: "6.0.9" }, "redis version", "fault"],
  [{ version: "5.0.1" }, "redis version", "fault"],
  [{ isWritingWell: false }, "redis disk", "fault"],
  [{ usedBytes: 81, maxBytes: 100 }, "redis memory", "warning"],
  [{ usedBytes: 100, maxBytes: 100 }, "redis memory", "fault"],
  [{ clockAheadMs: -5000 }, "redis clock", "warning"],
  [{ clockAheadMs: 61_000 }, "redis clock", "fault"],
])("%o is told as %s: %s", (off, check, state) => {
  expect(wrongIn(redisFindings(sound))).toEqual([]);
  expect(wrongIn(redisFindings({ ...sound, ...off }))).toMatchObject([{ check, state, remedy: expect.any(String) }]);
});
