// Steps that hand their session on: the finder's to stage 2.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createCompiledSteps, type OpenGraph } from "./compiled-step.ts";
import { openSession } from "./session.ts";
import type { StepPlan } from "./train-step.ts";

/** w becomes w + by * x. */
const planOf = (by: number): StepPlan => ({
  inputs: { x: { shape: [2] } },
  parameters: { w: [2] },
  fn({ x }, { w }) {
    if (!x || !w) throw new Error("Both are declared above.");
    return { outputs: { loss: tf.sum(w) }, updates: { w: tf.add(w, tf.mul(x, by)) } };
  },
});
const from = (...data: number[]) => ({
  state: new Map([["w", { shape: [2], data: Float32Array.from(data) }]]),
  threads: 1,
});
const feeds = { x: { dims: [2], data: Float32Array.of(1, 10) } };

/** Steps, and what became of their sessions. */
function watchSteps() {
  const told: string[] = [];
  const openGraph: OpenGraph = async (graph, options) => {
    const session = await openSession(graph, options);
    told.push("opened");
    const close = async () => {
      told.push("closed");
      await session.close();
    };
    return { ...session, close };
  };
  return { told, steps: createCompiledSteps(openGraph) };
}

const weights = (step: { state: Map<string, { data: Float32Array }> }) => [...(step.state.get("w")?.data ?? [])];

test("the next step of the same graph takes the session over, and starts from its own state", async () => {
  const { steps, told } = watchSteps();
  const finder = await steps.openStep(planOf(1), from(0, 0));
  await finder.run(feeds);
  await finder.run(feeds);
  expect(weights(finder)).toEqual([2, 20]);
  await finder.close();
  const stage2 = await steps.openStep(planOf(1), from(5, 5));
  const { loss } = await stage2.run(feeds);
  expect(loss?.data[0]).toBe(10);
  expect(weights(stage2)).toEqual([6, 15]);
  expect(weights(finder)).toEqual([2, 20]);
  await stage2.close();
  await stage2.close();
  expect(told).toEqual(["opened"]);
  await steps[Symbol.asyncDispose]();
  expect(told).toEqual(["opened", "closed"]);
});

test("a step of another graph, or on other threads, closes the session first and opens its own", async () => {
  const { steps, told } = watchSteps();
  await (await steps.openStep(planOf(1), from(0, 0))).close();
  const other = await steps.openStep(planOf(3), from(0, 0));
  expect(told).toEqual(["opened", "closed", "opened"]);
  await other.run(feeds);
  expect(weights(other)).toEqual([3, 30]);
  await other.close();
  await (await steps.openStep(planOf(3), { ...from(0, 0), threads: 2 })).close();
  await steps[Symbol.asyncDispose]();
  expect(told).toEqual(["opened", "closed", "opened", "closed", "opened", "closed"]);
});

test("two steps of one graph at a time have a session each", async () => {
  const { steps, told } = watchSteps();
  const [a, b] = [await steps.openStep(planOf(1), from(0, 0)), await steps.openStep(planOf(1), from(1, 1))];
  await a.run(feeds);
  await b.run(feeds);
  expect([weights(a), weights(b)]).toEqual([
    [1, 10],
    [2, 11],
  ]);
  await a.close();
  await b.close();
  await steps[Symbol.asyncDispose]();
  expect(told.toSorted()).toEqual(["closed", "closed", "opened", "opened"]);
});
