// F22: checkpoints that are no longer what was written.
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckpointPointer, Model } from "@ursa/contracts/model";
import { keys } from "@ursa/store/keys";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround } from "../last-look.ts";
import { metricOf, serviceOf } from "../measure.ts";
import { create, datasetBody, endOf, modelBody } from "../work.ts";
import type { World } from "../world.ts";
import { compare, readyDataset } from "./killed-workers.ts";
import { ONE_STAGE } from "./store.ts";

const RECIPE = { ...ONE_STAGE, stage1: { epochs: 8, batchSize: 4 } };
/** What happens to the newest checkpoint's file while no trainer runs, and the epoch at whose checkpoint the next training process dies. */
type Damage = { what: string; diesAt: number; work(world: World, run: Run, newest: CheckpointPointer): Promise<void> };
/** `other` is a model of two classes, whose head has another width. */
type Run = { id: string; other: string };

const fileOf = ({ folder }: World, { key }: { key: string }): string => join(folder, "store", key);

const DAMAGES: readonly Damage[] = [
  {
    what: "a bit flipped",
    diesAt: 5,
    async work(world, _run, newest) {
      const bytes = await readFile(fileOf(world, newest));
      const at = Math.floor(world.random.between(0, bytes.length));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(fileOf(world, newest), bytes);
    },
  },
  { what: "no bytes left", diesAt: 6, work: (world, _run, newest) => truncate(fileOf(world, newest), 0) },
  { what: "cut off in its header", diesAt: 7, work: (world, _run, newest) => truncate(fileOf(world, newest), 100) },
  {
    what: "a checkpoint of another architecture, which the record says is right",
    diesAt: 8,
    async work(world, { id, other: otherId }, newest) {
      const [other] = (await recordOf(world, otherId)).checkpoints;
      if (!other) throw new Error("The other run has no checkpoint.");
      await writeFile(fileOf(world, newest), await readFile(fileOf(world, other)));
      const record = await recordOf(world, id);
      const checkpoints = record.checkpoints.map((each) =>
        each.key === newest.key ? { ...each, sha256: other.sha256 } : each,
      );
      await world.store.put(keys.record(record.namespace, "models", id), JSON.stringify({ ...record, checkpoints }));
    },
  },
];

const damagedCheckpoints: Fault = {
  id: "F22",
  title: "the newest checkpoint is damaged while no trainer runs, in four ways, and at last all of them are",
  promise: "the run goes on from the one before, or from the start, says so, and ends with the weights of a calm run",
  // Whose files are damaged by hand.
  world: { store: "folder" },
  async run(world) {
    const { history } = world;
    await world.start(["api", "downloader", "trainer"]);
    const dataset = await readyDataset(world);
    const calm = await create(world, "models", modelBody(dataset, RECIPE));
    await endOf(world, "models", calm);
    const other = await otherModel(world);
    await world.end("trainer");
    const id = await create(world, "models", modelBody(dataset, RECIPE));
    await dieAtEpoch(world, 3);
    for (const { what, diesAt, work } of DAMAGES) {
      const { checkpoints } = await recordOf(world, id);
      const newest = checkpoints.at(-1);
      if (!newest || checkpoints.length < 2) throw new Error(`${id} has no two checkpoints.`);
      history.add({ type: "fault", what: `the checkpoint of epoch ${newest.epoch}: ${what}` });
      await work(world, { id, other }, newest);
      const { lines, corrupt } = await dieAtEpoch(world, diesAt);
      const said = lines.filter((line) => line.includes(`checkpoint_corrupt: stage-1 epoch ${newest.epoch}:`));
      promise(world, `${what}: the log says which one and why`, said.length > 0, said[0] ?? lines.at(-1));
      promise(world, `${what}: it is counted`, corrupt > 0, corrupt);
      const after = (await recordOf(world, id)).checkpoints.map(({ epoch }) => epoch);
      // From the one before: had it begun again, its process would not have come to this epoch's checkpoint in one go.
      promise(world, `${what}: the run went on`, after.at(-1) === diesAt - 1, after);
    }
    await fromTheStart(world, id);
    await compare(world, { id, calm, kills: DAMAGES.length + 2 });
    await lookAround(world);
  },
};

/** None is good: epoch 0. */
async function fromTheStart(world: World, id: string): Promise<void> {
  const { checkpoints } = await recordOf(world, id);
  for (const pointer of checkpoints) await truncate(fileOf(world, pointer), 100);
  world.history.add({ type: "fault", what: "all checkpoints are cut off" });
  world.history.add({ type: "damaged", id });
  await world.start(["trainer"]);
  const state = await endOf(world, "models", id);
  promise(world, "without a good checkpoint the run ends well all the same", state === "ready", state);
  const lines = serviceOf(world, "trainer").lines.map(({ msg }) => String(msg));
  const corrupt = lines.filter((line) => line.startsWith("checkpoint_corrupt:"));
  promise(world, "each bad checkpoint is named", corrupt.length === checkpoints.length, corrupt);
  const saysSo = lines.includes("No checkpoint is usable: training starts again.");
  promise(world, "and the log says that training starts again", saysSo, lines.slice(-3));
}

/** Runs a trainer until its training process dies at the checkpoint of this epoch, unrecorded, and ends the trainer too. */
async function dieAtEpoch(world: World, epoch: number): Promise<{ lines: string[]; corrupt: number }> {
  await world.start(["trainer"], { URSA_FAILPOINT: `after-put:/stage-1-${String(epoch).padStart(4, "0")}` });
  const trainer = serviceOf(world, "trainer");
  const isLost = () => trainer.lines.some(({ msg }) => String(msg).includes("the child process was lost"));
  await waitUntil(isLost, { what: `the training process to die at epoch ${epoch}`, timeoutMs: 60_000 });
  const corrupt = await metricOf(trainer, "ursa_checkpoint_failures_total", 'reason="corrupt"');
  await world.end("trainer");
  return { lines: trainer.lines.map(({ msg }) => String(msg)), corrupt };
}

async function otherModel(world: World): Promise<string> {
  const dataset = await create(world, "datasets", datasetBody(world.lists.slice(1)));
  await endOf(world, "datasets", dataset);
  const id = await create(world, "models", modelBody(dataset, ONE_STAGE));
  await endOf(world, "models", id);
  return id;
}

async function recordOf(world: World, id: string): Promise<Model> {
  const { body } = await world.store.get(keys.record("default", "models", id));
  // Written by Ursa's own catalog.
  return JSON.parse(body.toString()) as Model;
}

export const damaged: Fault[] = [damagedCheckpoints];
