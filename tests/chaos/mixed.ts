// Several faults in one run, drawn from the seed: what, when and for how long. The user meanwhile makes a dataset, a model and a prediction.
import { setTimeout as delay } from "node:timers/promises";
import type { Fault } from "./fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction } from "./last-look.ts";
import { create, datasetBody, endOf, modelBody, predictionBody } from "./work.ts";
import type { ServiceName, World } from "./world.ts";

/** Breaks something and mends it; returns when it is mended. */
type Blow = { what: string; strike(world: World): Promise<void> };

const FAULTS_OF_A_RUN = 5;
/** Within which they begin. */
const SPAN_MS = 30_000;

const killed = (name: ServiceName): Blow => ({
  what: `${name} killed`,
  async strike(world) {
    await world.end(name);
    await world.start([name]);
  },
});

const frozen = (name: ServiceName): Blow => ({
  what: `${name} frozen for five seconds`,
  async strike({ services }) {
    const pid = services.get(name)?.pid;
    if (!pid) return;
    process.kill(pid, "SIGSTOP");
    await delay(5000);
    process.kill(pid, "SIGCONT");
  },
});

const BLOWS: readonly [Blow, ...Blow[]] = [
  killed("api"),
  killed("downloader"),
  killed("trainer"),
  killed("inferer-batch"),
  frozen("downloader"),
  frozen("trainer"),
  frozen("inferer-batch"),
  { what: "Redis killed", strike: async ({ redis }) => void (await redis.kill().then(() => redis.restart())) },
  { what: "connections to Redis reset", strike: async ({ redisProxy }) => redisProxy.cut() },
  {
    what: "Redis out of reach for four seconds",
    async strike({ redisProxy }) {
      redisProxy.setWeather({ kind: "broken" });
      await delay(4000);
      redisProxy.setWeather({ kind: "fair" });
    },
  },
  {
    what: "Redis slow for five seconds",
    async strike({ redisProxy }) {
      redisProxy.setWeather({ kind: "slow", ms: 150 });
      await delay(5000);
      redisProxy.setWeather({ kind: "fair" });
    },
  },
  {
    what: "the store answers 503 to ten requests",
    strike: async ({ s3 }) => s3?.faults.add({ kind: "status", status: 503, times: 10 }),
  },
  {
    what: "the store loses five answers",
    strike: async ({ s3 }) => s3?.faults.add({ kind: "lose-answer", match: { method: "PUT" }, times: 5 }),
  },
];

async function strikeOn({ random, history, ...world }: World): Promise<void> {
  const moments = Array.from({ length: FAULTS_OF_A_RUN }, () => random.between(0, SPAN_MS)).sort((a, b) => a - b);
  const started = performance.now();
  for (const moment of moments) {
    const blow = random.pick(BLOWS);
    await delay(Math.max(0, moment - (performance.now() - started)));
    history.add({ type: "fault", what: blow.what });
    await blow.strike({ random, history, ...world });
    history.add({ type: "healed", what: blow.what });
  }
}

export const mixed: Fault = {
  id: "mixed",
  title: "five faults in half a minute",
  promise: "a dataset, a model and a prediction are made all the same",
  world: { store: "s3" },
  async run(world) {
    await world.start();
    const [, made] = await Promise.all([strikeOn(world), makeAll(world)]);
    await lookAtDataset(world, made.dataset);
    await lookAtPrediction(world, made.prediction);
    await lookAround(world);
  },
};

/** Whatever is broken meanwhile. */
async function makeAll(world: World) {
  const dataset = await create(world, "datasets", datasetBody(world.lists));
  await endOf(world, "datasets", dataset, 180_000);
  const model = await create(world, "models", modelBody(dataset));
  await endOf(world, "models", model, 240_000);
  const prediction = await create(world, "predictions", predictionBody(model, world.lists));
  await endOf(world, "predictions", prediction, 180_000);
  return { dataset, prediction };
}
