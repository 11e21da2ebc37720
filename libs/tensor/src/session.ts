// An ONNX Runtime session on the CPU. Never imports tfjs: processes that only run graphs start in a fraction of the time.
import { env, InferenceSession, Tensor } from "onnxruntime-node";

// From 1.29 on ONNX Runtime tells Microsoft what it runs, and keeps an id of the machine in the home folder. It reads this when the first
// session is opened; set to 0 in the environment, it is as that says.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

export type HostTensor = { dims: readonly number[]; data: Float32Array | Uint8Array };

export interface Session extends AsyncDisposable {
  /**
   * Runs the graph. Blocks the event loop while it computes. Outputs named in `into` are written there, the others into memory of
   * their own. Throws when a feed is missing or has the wrong shape.
   */
  run(feeds: Record<string, HostTensor>, into?: Record<string, HostTensor>): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}

export type SessionOptions = {
  threads: number;
  /** Idle threads wait busily for the next operator: 15 % faster in long runs, and a core burnt between short ones. Default true. */
  spins?: boolean;
  /** Where the graph is also written to once it is optimized: for this version of ONNX Runtime and this processor only. */
  saveTo?: string;
  /** The bytes are what `saveTo` wrote, and are not optimized again. */
  isOptimized?: boolean;
  /** Files that the graph reads constants from (see share-constants.ts), by the names it knows them under. */
  files?: readonly { name: string; bytes: Uint8Array }[];
};

/** Of ONNX Runtime. */
export const RUNTIME_VERSION: string = env.versions.node ?? env.versions.common;

// One Identity node, encoded by graph.ts, which this file never imports: it drags in the encoder.
const SMALLEST_GRAPH = Buffer.from(
  "CAgSBHVyc2E6RgocCgF4EgF5GgpJZGVudGl0eV8wIghJZGVudGl0eRIEdXJzYVoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAS",
  "base64",
);

/**
 * Makes ONNX Runtime register its operators, which the first session of a process otherwise waits 50 ms for. A service calls
 * it while it connects, so that its first model loads as fast as any later one.
 */
export async function warmRuntime(): Promise<void> {
  await (await openSession(SMALLEST_GRAPH, { threads: 1 })).close();
}

/** Opens a graph from its bytes (never from a path: a graph in memory has no neighbour files to reach for). */
export async function openSession(bytes: Uint8Array, options: SessionOptions): Promise<Session> {
  const { threads, spins = true, saveTo, isOptimized = false, files = [] } = options;
  const session = await InferenceSession.create(bytes, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: isOptimized ? "disabled" : "all",
    ...(saveTo ? { optimizedModelFilePath: saveTo } : {}),
    ...(files.length > 0 ? { externalData: files.map(({ name, bytes }) => ({ path: name, data: bytes })) } : {}),
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // The plan of a first run would be kept as one block beside the pieces that run was given: a training step of Lite0 took 1.5 GB
    // with it and 0.9 without, in the same time.
    enableMemPattern: false,
    extra: { session: { intra_op: { allow_spinning: spins ? "1" : "0" } } },
  });
  return {
    async run(feeds, into = {}) {
      const fetched = session.outputNames.map((name) => [name, into[name] ? toTensor(into[name]) : null]);
      const results = await session.run(toTensors(feeds), Object.fromEntries(fetched));
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromTensor(name, value)]));
    },
    close: () => session.release(),
    [Symbol.asyncDispose]: () => session.release(),
  };
}

const toTensors = (values: Record<string, HostTensor>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor(value)]));

function toTensor({ dims, data }: HostTensor): Tensor {
  return data instanceof Uint8Array ? new Tensor("uint8", data, dims) : new Tensor("float32", data, dims);
}

function fromTensor(name: string, { dims, data }: Tensor): HostTensor {
  if (data instanceof Float32Array || data instanceof Uint8Array) return { dims, data };
  throw new Error(`Expected output ${name} to hold floats or bytes.`);
}
