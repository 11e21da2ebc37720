// Trains the same small net on two engines from the same start, and compares what they learned and how fast.
import { relativeDifference } from "@ursa/tensor/relative-difference";
import type { OpenStep } from "@ursa/tensor/train-step";
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

/** Trains `net` on the engine whose steps `openStep` makes; `threads` count where it runs on the CPU. */
export async function trainOn(
  openStep: OpenStep,
  net: TinyNet,
  { steps, threads }: { steps: number; threads: number },
): Promise<Training> {
  await using step = await openStep(net.step, { state: net.state, threads });
  const [losses, stepMs]: [number[], number[]] = [[], []];
  for (let i = 1; i <= steps; i += 1) {
    const feeds = net.feedsOf(i);
    const startedAt = performance.now();
    const { loss } = await step.run(feeds);
    stepMs.push(performance.now() - startedAt);
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  return { losses, stepMs, state: new Map([...step.state].map(([name, { data }]) => [name, data])) };
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

const largest = (values: Iterable<number>): number => [...values].reduce((a, b) => Math.max(a, b), 0);
