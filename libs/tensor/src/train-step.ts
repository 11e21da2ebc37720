// Runs a traced training step again and again, feeding each step's new values to the next. Never imports tfjs.
import type { StoredTensor, StoredTensors } from "./safetensors.ts";
import type { HostTensor, Session } from "./session.ts";
import type { TraceOptions } from "./trace.ts";

export interface TrainStep extends AsyncDisposable {
  /** The values of all parameters now, by name. */
  readonly state: Map<string, StoredTensor>;
  /** One step: runs the graph, keeps its updates, returns its other outputs. Blocks the event loop while it computes. */
  run(feeds: Record<string, HostTensor>): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}

/** A step in plain tfjs, which an engine compiles or runs as it is. */
export type StepPlan = TraceOptions;
/** How an engine makes a step of a plan. `state` must name every parameter of the plan; `threads` count where it runs on the CPU. */
export type OpenStep = (plan: StepPlan, options: { state: StoredTensors; threads: number }) => Promise<TrainStep>;

export type TrainStepOptions = {
  /** On the traced graph; closed with the step. */
  session: Session;
  /** As `trace` gives them. */
  updates: Record<string, string>;
  /** Starting values; must name every parameter of the graph. */
  state: ReadonlyMap<string, StoredTensor>;
};

export function createTrainStep({ session, updates, state: start }: TrainStepOptions): TrainStep {
  const state = new Map(start);
  return {
    state,
    async run(feeds) {
      const held = [...state].map(([name, { shape, data }]): [string, HostTensor] => [name, { dims: shape, data }]);
      const results = await session.run({ ...feeds, ...Object.fromEntries(held) });
      for (const [name, output] of Object.entries(updates)) {
        const next = results[output];
        if (!(next?.data instanceof Float32Array)) throw new Error(`The step gave no new value for ${name}.`);
        state.set(name, { shape: next.dims, data: next.data });
        delete results[output];
      }
      return results;
    },
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  };
}
