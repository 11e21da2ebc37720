// F18, F24 to F26: restarts that are meant, and clocks that are wrong.
import { setTimeout as delay } from "node:timers/promises";
import { isFinal } from "@ursa/contracts/record";
import { startServiceProcess } from "@ursa/testing/service-process";
import { ursaServices } from "../../../cli/src/local/up/service-table.ts";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction } from "../last-look.ts";
import { skewedClock } from "../preloads.ts";
import { create, datasetBody, endOf, modelBody, predictionBody, read } from "../work.ts";
import type { ServiceName, World } from "../world.ts";
import { compare, reached, readyDataset, readyModel } from "./killed-workers.ts";

const READERS = 40;
/** Generous beside the five seconds that the plan names, because the machine is busy with forty readers. */
const CLOSED_WITHIN_S = 10;

const streams: Fault = {
  id: "F24",
  title: `the API is restarted with ${READERS} streams of events open`,
  promise:
    "it ends in seconds, and each reader that comes back with the last event's id misses none and sees none twice",
  async run(world) {
    await world.start(["api", "downloader", "trainer"]);
    const dataset = await readyDataset(world);
    const id = await create(world, "models", modelBody(dataset));
    const readers = Array.from({ length: READERS }, (_, n) => follow(world, id, `reader ${n}`));
    await reached(world, id, 1);
    world.history.add({ type: "fault", what: "the API is told to stop" });
    const { code, seconds } = await world.end("api", "SIGTERM");
    promise(world, "the API ends well, with its streams open", code === 0 && seconds < CLOSED_WITHIN_S, {
      code,
      seconds,
    });
    await world.start(["api"]);
    world.history.add({ type: "healed", what: "another API runs" });
    await endOf(world, "models", id);
    const seen = await Promise.all(readers);
    const [first] = seen;
    promise(
      world,
      "all readers saw the same events",
      seen.every((one) => one === first),
      seen.filter((one) => one !== first).slice(0, 3),
    );
    await lookAround(world);
  },
};

/** Reads until the end, over any number of connections. @returns the epochs and states it was told, in order */
async function follow(world: World, id: string, reader: string): Promise<string> {
  const told: string[] = [];
  const place: { last?: string } = {};
  while (!(await readOn(world, { id, reader, told, place }).catch(() => false))) await delay(200);
  return told.join(", ");
}

type Reading = { id: string; reader: string; told: string[]; place: { last?: string } };

/** One connection. @returns whether the end was told on it */
async function readOn({ client, history }: World, { id, reader, told, place }: Reading): Promise<boolean> {
  const headers: Record<string, string> = place.last === undefined ? {} : { "last-event-id": place.last };
  for await (const { id: event = "none", data } of await client.call("modelEvents", { params: { id }, headers })) {
    place.last = event;
    if (data.type === "epoch") told.push(`${data.row.stage} ${data.row.epoch}`);
    if (data.type !== "state") continue;
    told.push(data.state);
    history.add({ type: "told", id, event, state: data.state, reader });
    if (isFinal(data.state)) return true;
  }
  return false;
}

const handedBack: Fault = {
  id: "F25",
  title: "a trainer is told to stop in the middle of an epoch, as a rolling update does",
  promise:
    "it ends in time with 0 and hands the run back at no cost; the next one ends with the weights of a run left alone",
  async run(world) {
    await world.start(["api", "downloader", "trainer"]);
    const dataset = await readyDataset(world);
    const calm = await readyModel(world, dataset);
    const id = await create(world, "models", modelBody(dataset));
    await reached(world, id, Math.floor(world.random.between(1, 5)));
    world.history.add({ type: "fault", what: "the trainer is told to stop" });
    const { code, seconds } = await world.end("trainer", "SIGTERM");
    promise(world, "it ends with 0 within ten seconds", code === 0 && seconds < 10, { code, seconds });
    const state = (await read(world, "models", id))?.state;
    promise(world, "the run waits for the next trainer", state === "queued" || state === "ready", state);
    await world.start(["trainer"]);
    world.history.add({ type: "healed", what: "another trainer runs" });
    await endOf(world, "models", id);
    await compare(world, { id, calm, kills: 1 });
    await lookAround(world);
  },
};

const ALL: readonly ServiceName[] = ["api", "downloader", "trainer", "inferer", "inferer-batch"];

const signals: Fault = {
  id: "F26",
  title: "services are told to stop once, twice, with SIGINT, and before they have started",
  promise: "0 when asked, 143 or 130 during the start or when asked again, and never later than it takes",
  async run(world) {
    await world.start();
    world.history.add({ type: "fault", what: "SIGTERM, once" });
    for (const name of ALL) {
      const { code, seconds } = await world.end(name, "SIGTERM");
      promise(world, `${name} ends with 0`, code === 0 && seconds < 10, { code, seconds });
    }
    await world.start();
    world.history.add({ type: "fault", what: "SIGINT" });
    for (const name of ALL) {
      const { code } = await world.end(name, "SIGINT");
      promise(world, `${name} ends with 0 at SIGINT`, code === 0, { code });
    }
    world.history.add({ type: "fault", what: "SIGTERM during the start, and a second one" });
    for (const { name, main, env = {} } of ursaServices) {
      const starting = await startServiceProcess(main, { ...unreachable(world), ...env }, { isReady: false });
      await delay(world.random.between(200, 2500));
      const { code, seconds } = await starting.end("SIGTERM");
      // Before Node has run a line of ours, the signal itself ends the process: no code.
      promise(world, `${name} ends while it starts`, (code === 143 || code === null || code === 0) && seconds < 10, {
        code,
        seconds,
      });
    }
  },
};

/** A Redis that is not there: a worker waits for it, and so is still starting. */
const unreachable = ({ folder }: World): Record<string, string> => ({
  URSA_REDIS_URL: "redis://127.0.0.1:1",
  URSA_STORE_URL: `file://${folder}/other-store`,
  URSA_WORK_DIR: `${folder}/other-work`,
});

const clocks: Fault = {
  id: "F18",
  title: "clocks are wrong: one worker's two hours ahead, another's two hours behind",
  promise: "nothing expires early, all work ends, and no duration is negative",
  async run(world) {
    world.history.add({ type: "fault", what: "clocks are set wrong" });
    await world.start(["api"]);
    await world.start(["downloader", "inferer-batch"], skewedClock(2));
    await world.start(["trainer", "inferer"], skewedClock(-2));
    const dataset = await create(world, "datasets", datasetBody(world.lists));
    await endOf(world, "datasets", dataset);
    const model = await readyModel(world, dataset);
    const prediction = await create(world, "predictions", predictionBody(model, world.lists));
    await endOf(world, "predictions", prediction);
    const negative: string[] = [];
    for (const [name, { url }] of world.services) {
      const text = await (await fetch(`${url}/metrics`)).text();
      negative.push(
        ...text
          .split("\n")
          .filter((line) => /_seconds(_sum)?(\{|\s).* -\d/.test(line))
          .map((line) => `${name}: ${line}`),
      );
    }
    promise(world, "no duration is negative", negative.length === 0, negative);
    await lookAtDataset(world, dataset);
    await lookAtPrediction(world, prediction);
    await lookAround(world);
  },
};

export const stops: Fault[] = [streams, handedBack, signals, clocks];
