// F14: several processes write the same key at the same moment.
import { randomUUID } from "node:crypto";
import { type Racer, startRacer } from "@ursa/store/start-racer";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset } from "../last-look.ts";
import { ask, create, datasetBody, endOf } from "../work.ts";
import type { World } from "../world.ts";
import { stubOf } from "./store.ts";

const KEYS = 200;
const RACERS = 3;
const INCREMENTS = 40;

const racedStore: Fault = {
  id: "F14",
  title:
    "three processes create the same 200 objects at once, on S3 that answers 409 and loses answers, and in a folder",
  promise: "each has exactly one winner, no update is lost, and one Idempotency-Key is one record at two APIs",
  world: { store: "stub" },
  async run(world) {
    const { faults, storeUrl, credentials } = stubOf(world);
    const seed = Math.floor(world.random.between(0, 1e6));
    const match = { method: "PUT", keyPrefix: "raced" };
    const conflicts = { kind: "status", status: 409, code: "ConditionalRequestConflict" } as const;
    faults.add({ ...conflicts, match, share: 0.1, seed });
    faults.add({ kind: "lose-answer", match, share: 0.1, seed });
    world.history.add({ type: "fault", what: "racers start; the store answers 409 and loses answers" });
    const secret = {
      URSA_TEST_S3_ACCESS_KEY: credentials.accessKey,
      URSA_TEST_S3_SECRET_KEY: credentials.secretKey,
    };
    await racedCreations(world, { url: storeUrl(), secret });
    promise(world, "the store did answer 409 and lose answers", faults.struck > 30, `${faults.struck} requests`);
    // Without lost answers: whoever's update was replaced before it could look whether it had happened does it again.
    faults.clear();
    faults.add({ ...conflicts, match, share: 0.1, seed });
    await racedUpdates(world, { url: storeUrl(), secret });
    faults.clear();
    await racedCreations(world, { url: `file://${world.folder}/raced`, secret: {} });
    world.history.add({ type: "healed", what: "the race is over" });
    await racedRequests(world);
    await lookAround(world);
  },
};

type Track = { url: string; secret: NodeJS.ProcessEnv };

async function race({ url, secret }: Track, task: string[]): Promise<Racer[]> {
  const racers = Array.from({ length: RACERS }, () => startRacer(url, task, secret));
  await Promise.all(racers.map(({ exited }) => exited));
  return racers;
}

async function racedCreations(world: World, track: Track): Promise<void> {
  const startsAt = String(Date.now() + 3000);
  const racers = await race(track, ["create-all", "raced", String(KEYS), startsAt]);
  const winners = Map.groupBy(
    racers.flatMap(({ lines }) => lines),
    (line) => line.split(" ")[0],
  );
  const wrong = [...winners].filter(([, lines]) => lines.length !== 1);
  const won = racers.map(({ lines }) => lines.length);
  const where = track.url.split(":")[0];
  promise(world, `${KEYS} keys have one winner each (${where})`, winners.size === KEYS && wrong.length === 0, {
    ...{ keys: winners.size, wrong, won },
  });
  promise(world, `and it was a race (${where})`, won.filter((count) => count > 0).length > 1, won);
}

/** Compare and swap: each number is told once. */
async function racedUpdates(world: World, track: Track): Promise<void> {
  await world.store.put("raced-number", "0");
  const racers = await race(track, ["increment", "raced-number", String(INCREMENTS)]);
  const last = Number((await world.store.get("raced-number")).body.toString());
  const told = new Set(racers.flatMap(({ lines }) => lines));
  const all = RACERS * INCREMENTS;
  promise(world, `of ${all} updates none is lost, and none done twice`, last === all && told.size === all, {
    last,
    told: told.size,
  });
}

/** Two APIs are asked under the same key in the same moment. */
async function racedRequests(world: World): Promise<void> {
  await world.start(["api", "downloader"]);
  const other = await world.startAnother("api");
  const lists = world.lists.slice(1);
  for (let round = 0; round < 3; round += 1) {
    const key = randomUUID();
    const body = { ...datasetBody(lists), name: `round ${round}` };
    const both = [world, { ...world, apiUrl: other.url }].map((api) => ask(api, "datasets", body, key));
    const answers = await Promise.all(both);
    const ids = new Set(answers.flatMap((answer) => answer?.id ?? []));
    promise(world, "two APIs make one record of one key", ids.size === 1, answers);
    const id = await create(world, "datasets", body, key);
    await endOf(world, "datasets", id);
    await lookAtDataset(world, id, lists);
  }
}

export const raced: Fault[] = [racedStore];
