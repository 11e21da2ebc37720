// Trains the same small net on two engines from the same start: `compiled` (ONNX Runtime) and a native one, step by step in tfjs.
import * as tf from "@tensorflow/tfjs-core";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import type { TinyNet } from "./tiny-net.ts";

/** What training on an engine gave: the loss of each step, the values afterwards, and the milliseconds of each step. */
export type Training = { losses: number[]; state: Map<string, Float32Array>; stepMs: number[] };

export type Comparison = {
  steps: number;
  /** Largest difference of a step's loss. */
  lossDifference: number;
  /** Largest difference in a tensor, relative to its largest magnitude; and the tensor's name. */
  stateDifference: number;
  worstTensor: string;
  isEqual: boolean;
  /** The fastest step: others of this machine's programs only ever make a step slower. */
  compiledMs: number;
  nativeMs: number;
  /** How many times faster native is; below 1 it is slower. */
  ratio: number;
};

// Two orders of summation differ by 1e-6 in a step; ten steps of Adam, which divides by small numbers, make 1e-4 of it.
const TOLERANCE = 1e-3;

export async function trainCompiled(
  net: TinyNet,
  { steps, threads }: { steps: number; threads: number },
): Promise<Training> {
  const { state, feedsOf } = net;
  await using step = await openCompiledStep(net.step, { state, threads });
  const [losses, stepMs]: [number[], number[]] = [[], []];
  for (let i = 1; i <= steps; i += 1) {
    const startedAt = performance.now();
    const { loss } = await step.run(feedsOf(i));
    stepMs.push(performance.now() - startedAt);
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  return { losses, stepMs, state: new Map([...step.state].map(([name, { data }]) => [name, data])) };
}

/** The same, operation by operation on the current tfjs backend. */
export async function trainEagerly(net: TinyNet, { steps }: { steps: number }): Promise<Training> {
  const values = new Map([...net.state].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));
  const [losses, stepMs]: [number[], number[]] = [[], []];
  for (let i = 1; i <= steps; i += 1) {
    const startedAt = performance.now();
    losses.push(await stepEagerly(net, values, i));
    stepMs.push(performance.now() - startedAt);
  }
  const read = [...values].map(
    async ([name, value]): Promise<[string, Float32Array]> => [name, Float32Array.from(await value.data())],
  );
  const state = new Map(await Promise.all(read));
  tf.dispose([...values.values()]);
  return { losses, stepMs, state };
}

/** Replaces `values` by those after the step. Reading the loss waits until the device has computed it. */
async function stepEagerly(net: TinyNet, values: Map<string, tf.Tensor>, step: number): Promise<number> {
  const { loss, updates } = tf.tidy(() => {
    const feeds = Object.entries(net.feedsOf(step)).map(([name, { dims, data }]) => [name, tf.tensor(data, [...dims])]);
    const { outputs, updates = {} } = net.step.fn(Object.fromEntries(feeds), Object.fromEntries(values));
    return { loss: outputs.loss ?? tf.scalar(Number.NaN), updates };
  });
  for (const [name, value] of Object.entries(updates)) {
    values.get(name)?.dispose();
    values.set(name, value);
  }
  const [value = Number.NaN] = await loss.data();
  loss.dispose();
  return value;
}

export function compareTrainings(compiled: Training, native: Training): Comparison {
  const lossDifference = largest(compiled.losses.map((loss, i) => Math.abs(loss - (native.losses[i] ?? Number.NaN))));
  const differences = [...compiled.state].map(([name, value]) => ({
    name,
    value: relativeDifference(native.state.get(name) ?? new Float32Array(), value),
  }));
  const worst = differences.reduce((a, b) => (b.value > a.value || Number.isNaN(b.value) ? b : a));
  const [compiledMs, nativeMs] = [Math.min(...compiled.stepMs), Math.min(...native.stepMs)];
  return {
    steps: compiled.losses.length,
    lossDifference,
    stateDifference: worst.value,
    worstTensor: worst.name,
    // Written so that NaN is a difference.
    isEqual: lossDifference <= TOLERANCE && worst.value <= TOLERANCE,
    compiledMs,
    nativeMs,
    ratio: compiledMs / nativeMs,
  };
}

function relativeDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  const magnitude = largest(b.map(Math.abs)) || 1;
  return largest(a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / magnitude;
}

const largest = (values: Iterable<number>): number => [...values].reduce((a, b) => Math.max(a, b), 0);
