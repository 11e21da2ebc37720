// Regressions by a real trainer: what it writes is what the arithmetic says, in the same line as training, and only while it is wanted.
import { createHash } from "node:crypto";
import { newId } from "@ursa/catalog/new-id";
import { isFinal } from "@ursa/contracts/record";
import {
  createRegressionSchema,
  type Regression,
  type RegressionPoint,
  type RegressionResult,
  regressionResultSchema,
} from "@ursa/contracts/regression";
import { holdOut } from "@ursa/regression/points";
import { runRegression } from "@ursa/regression/run-regression";
import { keys } from "@ursa/store/keys";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

let world: World;
let trainer: ReturnType<World["startTrainer"]>;
beforeAll(async () => {
  world = await createWorld({ perClass: 1 });
  trainer = world.startTrainer();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const DRAWN = { source: "drawn", ...createRegressionSchema.shape.drawn.unwrap().parse({}) } as const;
const LINE = { degree: 1, rescale: false, learningRate: 0.1, steps: 100, start: [-1, 1], seed: 42 };

/** Record first, then the job, as the API does. */
async function request({ points, ...more }: Partial<Regression> & { points?: RegressionPoint[] }): Promise<Regression> {
  const now = new Date().toISOString();
  const id = newId("regression");
  const text = JSON.stringify(points);
  if (points) await world.store.put(keys.regression.points({ namespace: "default", id }), text);
  const sha256 = createHash("sha256")
    .update(text ?? "")
    .digest("hex");
  const given = { source: "given", count: points?.length ?? 0, sha256, heldOutFraction: 0.2 } as const;
  const made = await world.catalog.create("regression", {
    ...{ id, namespace: "default", state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 },
    ...{ data: points ? given : DRAWN, ...LINE, ...more },
  });
  await world.producer.enqueueRegression(made);
  return made;
}

const get = (id: string) => world.catalog.get("regression", "default", id);

async function ended({ id }: Regression): Promise<Regression> {
  await waitUntil(async () => isFinal((await get(id)).state), { what: `${id} to end`, timeoutMs: 60_000 });
  return get(id);
}

async function resultOf({ result }: Regression): Promise<RegressionResult> {
  const { body } = await world.store.get(result?.key ?? "");
  expect(createHash("sha256").update(body).digest("hex")).toBe(result?.sha256);
  return regressionResultSchema.parse(JSON.parse(body.toString()));
}

test("the lesson's own ends at the optimum, and tells every step on the way", async () => {
  const made = await ended(await request({}));
  expect(made).toMatchObject({ state: "ready", fence: 1, summary: { outcome: "arrived", steps: 100 } });
  const result = await resultOf(made);
  expect(result).toMatchObject({ regressionId: made.id, expected: { parameters: [3, 2.5], loss: 1 / 12 } });
  expect(result.steps).toHaveLength(101);
  expect(result.heldOut).toHaveLength(100);
  const told = (await world.eventsOf(made.id)).map((event) => (event.type === "state" ? event.state : event.type));
  expect(told).toEqual(["running", "ready"]);
});

test("of given points every number is what the arithmetic gives, part of them held out", async () => {
  const points = Array.from({ length: 40 }, (_, at): RegressionPoint => [at / 20 - 1, Math.sin(at)]);
  const more = { degree: 3, start: [0, 0, -1, 1], batchSize: 8 };
  const { steps, heldOut } = await resultOf(await ended(await request({ points, ...more })));
  const sets = holdOut(points, { fraction: 0.2, seed: 42 });
  expect(heldOut).toEqual(sets.heldOut);
  expect(steps).toEqual(runRegression({ ...LINE, ...more }, sets).steps);
});

test("one that diverges is ready all the same; one whose points are gone fails and says so", async () => {
  expect(await ended(await request({ learningRate: 40 }))).toMatchObject({ summary: { outcome: "diverged" } });
  const lost = await request({ data: { source: "given", count: 2, sha256: "0".repeat(64), heldOutFraction: 0 } });
  expect(await ended(lost)).toMatchObject({ state: "failed", error: { code: "worker_failed" } });
});

test("a cancelled one is left as it is", async () => {
  const made = await request({ state: "cancelled" });
  const next = await ended(await request({}));
  expect(next.state).toBe("ready");
  expect(await get(made.id)).toMatchObject({ state: "cancelled", fence: 0 });
});

/** The largest that may be asked for: some fifteen seconds of arithmetic. */
const LARGEST = {
  ...{ degree: 15, start: Array(16).fill(0), steps: 2000 },
  points: Array.from({ length: 10_000 }, (_, at): RegressionPoint => [at / 5000 - 1, Math.sin(at)]),
};
const isRunning = ({ id }: Regression) =>
  waitUntil(async () => (await get(id)).state === "running", { what: `${id} to run`, timeoutMs: 60_000 });

test("a long one that is cancelled makes way for the next", async () => {
  const long = await request(LARGEST);
  await isRunning(long);
  await world.catalog.update("regression", long, (current) => ({ ...current, state: "cancelled" }));
  await world.producer.cancel("regression", long);
  const began = performance.now();
  expect(await ended(await request({}))).toMatchObject({ state: "ready" });
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await get(long.id)).toMatchObject({ state: "cancelled" });
});

test("a trainer that is stopped gives a long one back", async () => {
  const long = await request(LARGEST);
  await isRunning(long);
  trainer.kill("SIGTERM");
  expect(await trainer.exited()).toBe(0);
  expect(await get(long.id)).toMatchObject({ state: "queued", fence: 1 });
});
