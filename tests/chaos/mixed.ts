// Several faults in one run, drawn from the seed: what, when and for how long. The user meanwhile makes a dataset, a model and a prediction.
import { setTimeout as delay } from "node:timers/promises";
import { BLOWS } from "./blows.ts";
import type { Fault } from "./fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction } from "./last-look.ts";
import { create, datasetBody, endOf, modelBody, predictionBody } from "./work.ts";
import type { World } from "./world.ts";

const FAULTS_OF_A_RUN = 5;
/** Within which they begin. */
const SPAN_MS = 30_000;

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
  world: { store: "stub" },
  async run(world) {
    await world.start();
    const [, made] = await Promise.all([strikeOn(world), makeAll(world)]);
    // What nobody met meanwhile would strike whoever looks.
    world.s3?.faults.clear();
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
