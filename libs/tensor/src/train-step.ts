// Runs a traced training step again and again, feeding each step's new values to the next. Never imports tfjs.
import type { StoredTensor, StoredTensors } from "./safetensors.ts";
import type { HostTensor, Session } from "./session.ts";
import type { TraceOptions } from "./trace.ts";

export interface TrainStep extends AsyncDisposable {
  /** The values of all parameters now, by name: a copy, which later steps leave as it is. */
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
  // Each step reads one set of memory and writes the other: new memory for every weight and step would have to be cleared first.
  let [now, next] = [copyOf(start), copyOf(start)];
  const inputs = (values: StoredTensors): Record<string, HostTensor> =>
    Object.fromEntries([...values].map(([name, { shape, data }]) => [name, { dims: shape, data }]));
  return {
    get state() {
      return copyOf(now);
    },
    async run(feeds) {
      const written = inputs(next);
      const into = Object.fromEntries(
        Object.entries(updates).map(([name, output]) => [output, required(written[name], name)]),
      );
      const results = await session.run({ ...feeds, ...inputs(now) }, into);
      const isUpdate = new Set(Object.values(updates));
      [now, next] = [next, now];
      return Object.fromEntries(Object.entries(results).filter(([name]) => !isUpdate.has(name)));
    },
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

function required(tensor: HostTensor | undefined, name: string): HostTensor {
  if (!tensor) throw new Error(`The step updates ${name}, which has no starting value.`);
  return tensor;
}

/** Floats, as all that is learned. */
const copyOf = (tensors: StoredTensors): Map<string, StoredTensor> =>
  new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
