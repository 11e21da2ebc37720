// F17, F21, F31: jobs that come twice, that no worker can do, and that another version made.
import { PAYLOAD_VERSION, QUEUE_NAMES } from "@ursa/contracts/queues";
import { connectProducer } from "@ursa/queue/connection";
import { openQueues, type Queues } from "@ursa/queue/open-queues";
import { isProcessAlive } from "@ursa/testing/is-process-alive";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction } from "../last-look.ts";
import { create, datasetBody, endOf, modelBody, predictionBody, read } from "../work.ts";
import type { World } from "../world.ts";
import { compare, reached, readyDataset, readyModel } from "./killed-workers.ts";

const NAMESPACE = "default";

/** Runs `work` with the queues as BullMQ has them. */
async function withQueues(world: World, work: (queues: Queues) => Promise<void>): Promise<void> {
  const connection = connectProducer(world.redis.url);
  try {
    await work(openQueues(connection));
  } finally {
    await connection.close();
  }
}

const deliveredTwice: Fault = {
  id: "F17",
  title: "every job is delivered twice, and a run of training to two trainers at once",
  promise: "the end is the same as of one delivery",
  async run(world) {
    await world.start();
    const again = { v: 1, namespace: NAMESPACE };
    const used: string[] = [];
    const jobId = () => `again-${used.push("one more")}`;
    await withQueues(world, async (queues) => {
      const dataset = await create(world, "datasets", datasetBody(world.lists));
      const shard = { ...again, target: "dataset", id: dataset, shard: 0 };
      await Promise.all([1, 2].map(() => queues.fetch.add("fetch", shard, { jobId: jobId() })));
      await endOf(world, "datasets", dataset);
      await queues.assemble.add("assemble", { ...again, id: dataset }, { jobId: jobId() });
      const calm = await readyModel(world, dataset);
      await world.startAnother("trainer", { URSA_WORK_DIR: `${world.folder}/work/other` });
      const model = await create(world, "models", modelBody(dataset));
      await reached(world, model, 1);
      world.history.add({ type: "fault", what: "the run is also given to another trainer" });
      await queues.train.add("train", { ...again, id: model }, { jobId: jobId() });
      await endOf(world, "models", model);
      await compare(world, { id: model, calm, kills: 1 });
      const prediction = await create(world, "predictions", predictionBody(model, world.lists));
      const part = { ...again, id: prediction, shard: 0 };
      await queues.predict.add("predict", part, { jobId: jobId() });
      await endOf(world, "predictions", prediction);
      await queues.collect.add("collect", { ...again, id: prediction }, { jobId: jobId() });
      await drained(queues);
      await lookAtDataset(world, dataset);
      await lookAtPrediction(world, prediction);
    });
    await lookAround(world);
  },
};

async function drained(queues: Queues): Promise<void> {
  const busy = async () => {
    const counts = await Promise.all(QUEUE_NAMES.map((name) => queues[name].getJobCountByTypes("wait", "active")));
    return counts.some((count) => count > 0);
  };
  await waitUntil(async () => !(await busy()), { what: "the queues to be empty", timeoutMs: 60_000, intervalMs: 200 });
}

const poison: Fault = {
  id: "F21",
  title: "jobs that no worker can do: nonsense, records that are not there, payloads that are no objects",
  promise: "each fails with a reason within its attempts, and what stands behind it is done",
  async run(world) {
    await world.start();
    await withQueues(world, async (queues) => {
      const nobody = "00000000000000000000000000";
      const payloads = [
        { nonsense: true },
        { v: 1, namespace: NAMESPACE, id: `ds_${nobody}`, target: "dataset", shard: 0 },
        { v: 1, namespace: "../../etc", id: `mdl_${nobody}` },
        { v: 1, namespace: NAMESPACE, id: `mdl_${nobody}` },
        "text",
      ];
      const options = { attempts: 1 };
      world.history.add({ type: "fault", what: `${payloads.length} poisonous jobs in each queue` });
      const jobs = await Promise.all(
        QUEUE_NAMES.flatMap((name) => payloads.map((data) => queues[name].add("poison", data, options))),
      );
      const dataset = await readyDataset(world);
      const model = await readyModel(world, dataset);
      const prediction = await create(world, "predictions", predictionBody(model, world.lists));
      await endOf(world, "predictions", prediction);
      await drained(queues);
      const left = await Promise.all(jobs.map(async (job) => ({ is: await job.getState(), job })));
      const unended = left.filter(({ is }) => !["failed", "completed"].includes(is));
      promise(
        world,
        "each poisonous job has ended",
        unended.length === 0,
        unended.map(({ is }) => is),
      );
      await lookAtDataset(world, dataset);
      await lookAtPrediction(world, prediction);
      const running = [...world.services.values()].filter(({ pid }) => isProcessAlive(pid)).length;
      promise(world, "no worker died of it", running === world.services.size, running);
    });
    await lookAround(world);
  },
};

const otherVersions: Fault = {
  id: "F31",
  title: "jobs that a later version made wait in the queue",
  promise: "they are put back for a worker of that version, and nothing else waits for them",
  async run(world) {
    await world.start(["api", "downloader"]);
    await withQueues(world, async (queues) => {
      const id = await create(world, "datasets", datasetBody(world.lists));
      const data = { v: PAYLOAD_VERSION + 1, namespace: NAMESPACE, target: "dataset", id, shard: 0 };
      const job = await queues.fetch.add("fetch", data, { jobId: "from-the-future" });
      world.history.add({ type: "fault", what: `a job of payload version ${PAYLOAD_VERSION + 1}` });
      await endOf(world, "datasets", id);
      await lookAtDataset(world, id);
      const later = await readyDataset(world);
      promise(world, "other work went on", (await read(world, "datasets", later))?.state === "ready", later);
      const state = await job.getState();
      promise(world, "the later version's job still waits", ["delayed", "waiting", "active"].includes(state), state);
      // Its worker comes, and does it.
      await waitUntil(
        async () =>
          await job.remove().then(
            () => true,
            () => false,
          ),
        {
          ...{ what: "the job to be taken away", timeoutMs: 20_000 },
        },
      );
      world.history.add({ type: "healed", what: "the later version has done its job" });
    });
    await lookAround(world);
  },
};

export const deliveries: Fault[] = [deliveredTwice, poison, otherVersions];
