// SIGKILL at random moments of one run of both stages, finder included: the training process, or the trainer with it.
import { createHash } from "node:crypto";
import { createRandom } from "@ursa/classifier/random";
import type { Model } from "@ursa/contracts/model";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const RECIPE: Parameters<World["request"]>[0] = {
  ...{ size: 64, phases: ["stage-1", "lr-find", "stage-2"], oversample: true, keepBest: true },
  stage1: { epochs: 2, batchSize: 4 },
  stage2: { epochs: 2, batchSize: 4 },
};
/** One of them kills the trainer, whose lock must run out before another takes over: half a minute each. */
const KILLS = ["child", "child", "trainer", "child", "child"] as const;
const PHASES = ["features stage-1", "train stage-1", "lr-find stage-2", "train stage-2"];
const SEED = Number(process.env.TEST_KILL_SEED ?? 1);
// A lock that runs out, five starts of a process that imports the tensor library, and up to 25 steps of the finder twice.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 200_000 });

let world: World;
/** A run that nothing happened to, and what it took. */
let calm: Model;
beforeAll(async () => {
  world = await createWorld({ perClass: 4 });
  await using trainer = world.startTrainer();
  await trainer.url();
  calm = await world.ended((await world.request(RECIPE)).id);
  trainer.kill("SIGTERM");
  await trainer.exited();
});
afterAll(() => world[Symbol.asyncDispose]());

/** The sha256 of each stage's numbers: those of the whole file differ by the model's id, which its header names. */
async function weightsOf({ artifacts }: Model): Promise<string[]> {
  const files = artifacts.filter(({ name }) => name === "weights.safetensors");
  const hashes = files.map(async ({ key }) => {
    const { body } = await world.store.get(key);
    const header = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(0, true));
    return createHash("sha256")
      .update(body.subarray(8 + header))
      .digest("hex");
  });
  return Promise.all(hashes);
}

/** How far a run is: the number of its phase, and the part of that which is done. */
async function placeOf(id: string): Promise<number> {
  const {
    phase = "prepare",
    stage = "",
    done = 0,
    total = 1,
  } = (await world.events.latestProgress(world.owner(id))) ?? {};
  const index = PHASES.indexOf(`${phase} ${stage}`);
  return index === -1 ? 0 : index + done / total;
}

const rowsOf = ({ epochs }: Model) => epochs.map(({ seconds: _, ...row }) => row);

test("killed five times, it ends with the weights and the history of the run that was left alone", async () => {
  const random = createRandom(SEED);
  const moments: string[] = [];
  let trainer = world.startTrainer();
  const { id } = await world.request(RECIPE);
  let child = 0;
  for (const victim of KILLS) {
    const before = child;
    const isNext = async () => {
      child = await trainer.childOf(id);
      return child !== before;
    };
    await waitUntil(isNext, { what: "the next child", timeoutMs: 100_000 });
    // One in each fifth of the run, none so late that the run could end before it.
    const target = ((moments.length + random.uniform(0, 0.9)) * (0.94 * PHASES.length)) / KILLS.length;
    await waitUntil(async () => (await placeOf(id)) >= target, {
      what: "the moment",
      timeoutMs: 100_000,
      intervalMs: 10,
    });
    moments.push(`${victim} at ${target.toFixed(3)}`);
    if (victim === "child") process.kill(child, "SIGKILL");
    if (victim === "trainer") {
      trainer.kill("SIGKILL");
      await trainer.exited();
      trainer = world.startTrainer();
    }
  }
  const model = await world.ended(id);
  const what = `seed ${SEED}: ${moments.join("; ")}`;
  expect(model.state, what).toBe("ready");
  expect(model.fence, what).toBe(1 + KILLS.length);
  expect(await weightsOf(model), what).toEqual(await weightsOf(calm));
  expect(rowsOf(model), what).toEqual(rowsOf(calm));
  // An epoch that was recorded was never trained again: each kill cost at most the one that it interrupted.
  const told = (await world.eventsOf(id)).flatMap((event) => (event.type === "epoch" ? [event.row] : []));
  expect(
    told.map(({ stage, epoch }) => `${stage} ${epoch}`),
    what,
  ).toEqual(calm.epochs.map(({ stage, epoch }) => `${stage} ${epoch}`));
});
