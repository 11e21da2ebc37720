// Runs model code once on symbolic tensors and returns the ONNX graph of everything it computed, gradients included.
import { engine, getBackend, setBackend, type Tensor } from "@tensorflow/tfjs-core";
import { DYNAMIC_BATCH, namedDims } from "./dynamic-batch.ts";
import "./gradients.ts";
import { Graph } from "./graph.ts";
import { identityLayout } from "./layout.ts";
import type { ElementType } from "./onnx-proto.ts";
import { SymbolicValue } from "./symbol.ts";
import { TRACE_BACKEND, type TraceBackend } from "./trace-backend.ts";

/** An input of the graph. A first dimension of "batch" may take any size when the graph runs. */
export type InputSpec = { shape: readonly [number | "batch", ...number[]] | readonly []; element?: "float" | "uint8" };
export type TensorMap = Record<string, Tensor>;

export type TraceOptions = {
  inputs: Record<string, InputSpec>;
  /** Values the graph may replace, by name and shape. */
  parameters?: Record<string, readonly number[]>;
  /** Channels per block (see findChannelBlock); makes a graph that is fast on this processor and runs on no other. */
  channelBlock?: number;
  /** The model code. `updates` gives the next value of parameters, by their names. */
  fn(inputs: TensorMap, parameters: TensorMap): { outputs: TensorMap; updates?: TensorMap };
};

export type TracedGraph = {
  /** The serialised ONNX model. */
  bytes: Uint8Array;
  outputs: string[];
  /** For each updated parameter, the graph output that holds its next value. */
  updates: Record<string, string>;
};

/**
 * Traces `fn`. Model code sees ordinary tfjs tensors in tfjs order (NHWC); inputs and outputs of the graph keep that order.
 * Everything made with `tf.tensor` inside is a constant of the graph. Throws when model code reads a value.
 */
export function trace({ inputs, parameters = {}, channelBlock = 0, fn }: TraceOptions): TracedGraph {
  const previous = getBackend();
  // Both backends are there at once; the promise is for those that are not.
  void setBackend(TRACE_BACKEND);
  engine().startScope();
  try {
    // The backend under this name is the one trace-backend.ts registered.
    const backend = engine().backend as TraceBackend;
    backend.graph = new Graph(channelBlock);
    return record(backend, { inputs, parameters, fn });
  } finally {
    engine().endScope();
    if (previous) void setBackend(previous);
  }
}

function record(backend: TraceBackend, { inputs, parameters = {}, fn }: TraceOptions): TracedGraph {
  const { graph } = backend;
  const given = mapValues(inputs, ({ shape, element = "float" }, name) => {
    const dims = shape.map((size) => (size === "batch" ? DYNAMIC_BATCH : size));
    return backend.tensorOf(inputSymbol(graph, name, { shape: dims, element }));
  });
  const held = mapValues(parameters, (shape, name) =>
    backend.tensorOf(inputSymbol(graph, name, { shape, element: "float" })),
  );
  const { outputs, updates = {} } = fn(given, held);
  const emit = (name: string, tensor: Tensor) => {
    const symbol = backend.symbolOf(tensor);
    graph.output(name, symbol.plain(), namedDims(symbol.shape));
    return name;
  };
  const outputNames = Object.entries(outputs).map(([name, tensor]) => emit(name, tensor));
  const updateNames = mapValues(updates, (tensor, name) => emit(`${name}:next`, tensor));
  return { bytes: graph.finish(), outputs: outputNames, updates: updateNames };
}

type Input = { shape: readonly number[]; element: ElementType };

function inputSymbol(graph: Graph, name: string, { shape, element }: Input): SymbolicValue {
  const dtype = element === "float" ? "float32" : "int32";
  return new SymbolicValue(graph, shape, { dtype, element }).hold(
    identityLayout(shape.length),
    graph.input(name, element, namedDims(shape)),
  );
}

function mapValues<T, U>(record: Record<string, T>, change: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
