import { createCatalog } from "@ursa/catalog/catalog";
import type { UrsaEvent } from "@ursa/contracts/events";
import { drawModel } from "@ursa/queue/records.fixture";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { createEnding } from "./child-job.ts";

const ERROR = { code: "worker_failed", message: "read ECONNRESET" } as const;

test("a trainer that slept while another took its model does not fail it", async () => {
  await using folder = await createScratchFolder();
  const store = await openStore(`file://${folder.path}`);
  const catalog = createCatalog({ store });
  const { namespace, id } = await catalog.create("model", drawModel());
  const payload = { v: 1, namespace, id } as const;
  const told: UrsaEvent[] = [];
  const nothing = async () => undefined;
  const events = {
    ...{ reportProgress: nothing, expectTotal: nothing, latestProgress: nothing, clear: nothing, close: nothing },
    publish: async (_: unknown, event: UrsaEvent) => void told.push(event),
    async *backlog() {},
    async *follow() {},
  };
  const giveUp = createEnding({ catalog, events }, "model");
  const asleep = await catalog.take("model", payload);
  const awake = await catalog.take("model", payload);
  await expect(giveUp(payload, ERROR, { fence: asleep.fence })).rejects.toMatchObject({ name: "FenceLost" });
  expect(await catalog.get("model", namespace, id)).toMatchObject({ state: "running", fence: awake.fence });
  expect(told).toEqual([]);
  await giveUp(payload, ERROR, { fence: awake.fence });
  expect(await catalog.get("model", namespace, id)).toMatchObject({ state: "failed", error: ERROR });
  await store.close();
});
