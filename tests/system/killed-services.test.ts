// SIGKILL of any one process in the middle of its work: the supervisor starts it again, and the job ends with the same counts.
import type { Client } from "@ursa/contracts/client";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { checkJob } from "../../cli/src/local/demo/check-job.ts";
import { runMainJob } from "../../cli/src/local/demo/main-job.ts";
import { startWorld } from "./world.ts";

type Moment = { process: string; when: string; isNow: (client: Client) => Promise<boolean> };

const isFetching = async (client: Client) => {
  const { items } = await client.call("listDatasets", {});
  const [dataset] = await Promise.all(items.map(({ id }) => client.call("getDataset", { params: { id } })));
  return (dataset?.progress?.done ?? 0) > 10;
};
const hasTrained = (epochs: number) => async (client: Client) => {
  const { items } = await client.call("listModels", {});
  return (items[0]?.epochs.length ?? 0) >= epochs;
};
const isServed = async (client: Client) => (await client.call("listAliases", {})).items.length > 0;
const isPredicting = async (client: Client) => {
  const { items } = await client.call("listPredictions", {});
  return items.length > 0;
};

const MOMENTS: Moment[] = [
  { process: "api", when: "while pictures are fetched", isNow: isFetching },
  { process: "downloader", when: "while pictures are fetched", isNow: isFetching },
  { process: "redis", when: "while pictures are fetched", isNow: isFetching },
  { process: "trainer", when: "after the second epoch", isNow: hasTrained(2) },
  { process: "inferer", when: "while single pictures are classified", isNow: isServed },
  { process: "inferer-batch", when: "while a batch is predicted", isNow: isPredicting },
];

test.for(MOMENTS)("$process killed $when: the job ends with the planted counts", async ({ process: name, isNow }) => {
  await using world = await startWorld();
  const { ursa, gallery, session } = world;
  const killed = waitUntil(() => isNow(session.client), {
    what: `the moment to kill ${name}`,
    timeoutMs: 240_000,
    intervalMs: 30,
  }).then(() => ursa.kill(name, "SIGKILL"));
  const job = await runMainJob(session, {
    lists: gallery.classes,
    recipe: "quick",
    seed: 1,
    alias: "bears@test",
    classifyCount: 60,
  });
  await killed;
  expect(checkJob(gallery, job)).toEqual([]);
  expect(job.model.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  expect(ursa.processes.find((each) => each.name === name)?.restarts).toBe(1);
});
