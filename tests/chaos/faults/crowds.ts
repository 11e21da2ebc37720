// F27, F28, F30: more than there ever was, larger than anything, and people who change their minds.
import { randomUUID } from "node:crypto";
import { connectProducer } from "@ursa/queue/connection";
import { openQueues } from "@ursa/queue/open-queues";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset } from "../last-look.ts";
import { peakRssMb, serviceOf } from "../measure.ts";
import { ask, create, datasetBody, endOf, type Kind, modelBody, predictionBody, read } from "../work.ts";
import type { World } from "../world.ts";
import { reached, readyDataset, readyModel } from "./killed-workers.ts";

const BACKLOG = 100_000;
const PIECE = 2000;
/** As the issue has it for a million URLs. */
const API_MB = 300;

const backlog: Fault = {
  id: "F27",
  title: `${BACKLOG} jobs wait in a queue that nobody works on`,
  promise: "the API answers as before, in bounded memory, and other queues go on",
  async run(world) {
    await world.start(["api", "downloader"]);
    const connection = connectProducer(world.redis.url);
    const { predict } = openQueues(connection);
    try {
      world.history.add({ type: "fault", what: `${BACKLOG} jobs` });
      const data = { v: 1, namespace: "default", id: "prd_00000000000000000000000000", shard: 0 };
      for (let done = 0; done < BACKLOG; done += PIECE)
        await predict.addBulk(Array.from({ length: PIECE }, () => ({ name: "predict", data })));
      const slowest = await slowestAnswer(world);
      promise(world, "each answer comes within a second", slowest < 1000, `${slowest.toFixed(0)} ms at most`);
      const dataset = await readyDataset(world);
      await lookAtDataset(world, dataset);
      const megabytes = peakRssMb(serviceOf(world, "api"));
      promise(world, `the API stays below ${API_MB} MB`, megabytes < API_MB, `${megabytes.toFixed(0)} MB`);
      await predict.obliterate({ force: true });
      world.history.add({ type: "healed", what: "the jobs are gone" });
    } finally {
      await connection.close();
    }
    await lookAround(world);
  },
};

async function slowestAnswer({ apiUrl }: World): Promise<number> {
  const times: number[] = [];
  const paths = ["/v1/operations/status", "/v1/status", "/v1/datasets", "/v1/predictions", "/metrics"];
  for (let round = 0; round < 10; round += 1) {
    for (const path of paths) {
      const asked = performance.now();
      await (await fetch(apiUrl + path)).arrayBuffer();
      times.push(performance.now() - asked);
    }
  }
  return Math.max(...times);
}

const DEPTH = 5000;

const huge: Fault = {
  id: "F28",
  title: "requests that are far too large, and a list of two hundred thousand URLs",
  promise: "what is beyond a limit is refused with its code, what is within it is accepted, in bounded memory",
  async run(world) {
    await world.start(["api"]);
    const url = "https://pictures.example/a.jpg";
    const refused = async (what: string, body: object | string, statuses: number[]) => {
      const answer = await ask(world, "datasets", body, randomUUID());
      promise(
        world,
        `${what} is refused with a code`,
        statuses.includes(answer?.status ?? 0) && Boolean(answer?.code),
        answer,
      );
    };
    world.history.add({ type: "fault", what: "requests beyond every limit" });
    await refused(
      "a class with a name of ten megabytes",
      { sources: [{ class: "a".repeat(10_000_000), urls: [url] }] },
      [413, 422],
    );
    const classes = Array.from({ length: 100_000 }, (_, n) => ({ class: `class ${n}`, urls: [url] }));
    await refused("a hundred thousand classes", { sources: classes }, [413, 422]);
    const urls = Array.from({ length: 1_000_000 }, (_, n) => `${url}?${n}`);
    await refused("a million URLs in one request", { sources: [{ class: "a", urls }] }, [413, 422]);
    const nested = `${'{"sources":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`;
    await refused("a nest of five thousand objects", nested, [400, 413, 422]);
    const list = urls.slice(0, 200_000).join("\n");
    await world.client.call("putUpload", { params: { name: "urls_large.txt" }, body: list });
    const id = await create(world, "datasets", {
      sources: [
        { upload: "urls_large.txt", class: "large" },
        { class: "small", urls: urls.slice(-1000) },
      ],
    });
    const megabytes = peakRssMb(serviceOf(world, "api"));
    promise(world, "the API's memory is bounded", megabytes < 2 * API_MB, `${megabytes.toFixed(0)} MB`);
    await fetch(`${world.apiUrl}/v1/datasets/${id}/cancel`, { method: "POST" });
    await endOf(world, "datasets", id);
  },
};

const CANCELLED_WITHIN_MS = 5000;

const cancelled: Fault = {
  id: "F30",
  title: "a dataset, a model and a prediction are cancelled in the middle of each phase",
  promise: "workers let go within five seconds, nothing is left behind, and a cancelled record stays so",
  async run(world) {
    await world.start();
    const { gallery, lists } = world;
    const asked = gallery.hits.length;
    const fetching = await create(world, "datasets", datasetBody(lists));
    await waitUntil(() => gallery.hits.length > asked + 5, { what: "pictures to be fetched" });
    await cancel(world, "datasets", fetching);
    const dataset = await readyDataset(world);
    for (const epochs of [0, 1, 4]) {
      const model = await create(world, "models", modelBody(dataset));
      if (epochs === 0)
        await waitUntil(async () => (await read(world, "models", model))?.state === "running", {
          what: "a run",
          timeoutMs: 30_000,
        });
      await reached(world, model, epochs);
      await cancel(world, "models", model);
    }
    const model = await readyModel(world, dataset);
    const prediction = await create(world, "predictions", predictionBody(model, lists));
    await cancel(world, "predictions", prediction);
    await lookAtDataset(world, dataset);
    await lookAround(world);
  },
};

/** Cancels, and waits until no worker holds a job of it. */
async function cancel(world: World, kind: Kind, id: string): Promise<void> {
  world.history.add({ type: "fault", what: `${id} is cancelled` });
  const answer = await fetch(`${world.apiUrl}/v1/${kind}/${id}/cancel`, { method: "POST" });
  const asked = performance.now();
  promise(world, `cancelling ${id} is accepted`, answer.ok, answer.status);
  const isIdle = async () =>
    (await world.client.call("operationsStatus", {})).queues.every(({ active, waiting }) => active + waiting === 0);
  await waitUntil(isIdle, { what: `workers to let go of ${id}`, timeoutMs: 30_000, intervalMs: 50 });
  const milliseconds = performance.now() - asked;
  promise(
    world,
    "workers let go within five seconds",
    milliseconds < CANCELLED_WITHIN_MS,
    `${milliseconds.toFixed(0)} ms`,
  );
  const state = await endOf(world, kind, id);
  promise(world, `${id} is cancelled`, state === "cancelled", state);
}

export const crowds: Fault[] = [backlog, huge, cancelled];
