// Builds one ONNX graph. Equal nodes are merged while recording; what no output needs is dropped by `finish`.

import { at } from "./layout.ts";
import {
  type AttributeProto,
  ELEMENT,
  type ElementType,
  encodeModel,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "./onnx-proto.ts";

/** A dimension of a graph input or output: a size, or a name for one that is only known when the graph runs. */
export type Dimension = number | string;
/** Whole numbers as they are; fractions inside `float` or `floats`, which ONNX keeps apart. */
export type Attribute = number | string | readonly number[] | { float: number } | { floats: readonly number[] };
export type Attributes = Record<string, Attribute>;
type Constant = { element: ElementType; dims: readonly number[]; values: Float32Array | BigInt64Array };
type Value = { name: string; element: ElementType; dims: readonly Dimension[] };

// Opset 18 takes reduction axes as inputs everywhere; ONNX Runtime's blocked-layout pass knows all its operators.
const OPSET = 18;
const IR_VERSION = 8;

export type Cut = {
  axes: readonly number[];
  from: readonly number[];
  to: readonly number[];
  step?: readonly number[];
};

export class Graph {
  /** Channels per block of the blocked layout that this processor's convolutions take; 0 leaves it unused. */
  readonly channelBlock: number;
  private readonly nodes: NodeProto[] = [];
  private readonly recorded = new Map<string, NodeProto>();
  private readonly initializers = new Map<string, TensorProto>();
  private readonly inputs: Value[] = [];
  private readonly outputs: Value[] = [];
  private readonly producers = new Map<string, NodeProto>();
  private readonly read = new Set<string>();
  private named = 0;

  constructor(channelBlock = 0) {
    this.channelBlock = channelBlock;
  }

  /** Declares a graph input and returns its name. */
  input(name: string, element: ElementType, dims: readonly Dimension[]): string {
    this.inputs.push({ name, element, dims });
    return name;
  }

  /** Makes `value` an output of the graph under the name `name`. */
  output(name: string, value: string, dims: readonly Dimension[]): void {
    this.nodes.push({ name: "", opType: "Identity", domain: "", input: [value], output: [name], attribute: [] });
    this.outputs.push({ name, element: "float", dims });
  }

  /** True once a recorded node takes `value`. */
  isRead(value: string): boolean {
    return this.read.has(value);
  }

  /**
   * Records a node and returns its (first) output, or that of an equal node recorded before. The domain of an operator that
   * is not ONNX's own stands before its name: "com.microsoft.FusedMatMul".
   */
  op(opType: string, input: readonly string[], attributes: Attributes = {}): string {
    return at(this.record(opType, input, attributes).output, 0);
  }

  /** A pool's largest values, and where they lie in its input: two outputs of one node. */
  maxPool(value: string, attributes: Attributes): { values: string; indices: string } {
    const node = this.record("MaxPool", [value], attributes);
    if (node.output.length === 1) node.output.push(this.freshName("t"));
    return { values: at(node.output, 0), indices: at(node.output, 1) };
  }

  /** A reshape; a reshape of a reshape becomes one. `-1` stands for the size only known at run time. */
  reshape(value: string, dims: readonly number[]): string {
    const producer = this.producers.get(value);
    const source = producer?.opType === "Reshape" ? (producer.input[0] ?? value) : value;
    return this.op("Reshape", [source, this.ints(dims)]);
  }

  transpose(value: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? value : this.op("Transpose", [value], { perm: [...perm] });
  }

  /** Zeros around `value`: `before` and `after` per axis; negative amounts cut off. */
  pad(value: string, before: readonly number[], after: readonly number[]): string {
    const amounts = [...before, ...after];
    return amounts.every((amount) => amount === 0) ? value : this.op("Pad", [value, this.ints(amounts)]);
  }

  /** `value[from:to:step]` along `axes`, as numpy cuts; a negative step walks backwards. */
  slice(value: string, { axes, from, to, step }: Cut): string {
    const lists = step ? [from, to, axes, step] : [from, to, axes];
    return this.op("Slice", [value, ...lists.map((list) => this.ints(list))]);
  }

  /** The sum over `axes`, which disappear. */
  sum(value: string, axes: readonly number[]): string {
    return this.op("ReduceSum", [value, this.ints(axes)], { keepdims: 0 });
  }

  /** `a` times the transpose of `b`, over their last two axes, without moving a number. */
  timesTransposed(a: string, b: string): string {
    return this.op("com.microsoft.FusedMatMul", [a, b], { transB: 1 });
  }

  /** A float constant of rank 0. */
  scalar(value: number): string {
    return this.constant(`scalar:${value}`, { element: "float", dims: [], values: new Float32Array([value]) });
  }

  /** A vector of int64: shapes, axes, pads. */
  ints(values: readonly number[]): string {
    return this.constant(`ints:${values}`, {
      element: "int64",
      dims: [values.length],
      values: BigInt64Array.from(values, BigInt),
    });
  }

  /** A float constant; every call makes a new one. */
  floats(values: Float32Array, dims: readonly number[]): string {
    return this.constant(this.freshName("c"), { element: "float", dims, values });
  }

  /** The serialised model: live nodes only, in the order they were recorded (which is a topological order). */
  finish(): Uint8Array {
    const live = new Set(this.outputs.map((output) => output.name));
    const { nodes, producers } = this;
    const node = nameOutputs(nodes, producers)
      .toReversed()
      .filter((candidate) => {
        if (!candidate.output.some((name) => live.has(name))) return false;
        for (const name of candidate.input) live.add(name);
        return true;
      });
    const model: ModelProto = {
      irVersion: IR_VERSION,
      producerName: "ursa",
      opsetImport: [{ domain: "", version: OPSET }, ...foreignDomains(node).map((domain) => ({ domain, version: 1 }))],
      graph: {
        name: "ursa",
        node: node
          .reverse()
          .map((item, i) => ({ ...item, name: `${item.opType}_${i}`, output: used(item.output, live) })),
        initializer: [...this.initializers.values()].filter((tensor) => live.has(tensor.name)),
        input: this.inputs.filter((input) => live.has(input.name)).map(encodeValue),
        output: this.outputs.map(encodeValue),
      },
    };
    return encodeModel(model);
  }

  private record(opType: string, input: readonly string[], attributes: Attributes): NodeProto {
    const key = JSON.stringify([opType, input, attributes]);
    const known = this.recorded.get(key);
    if (known) return known;
    const dot = opType.lastIndexOf(".");
    const output = this.freshName("t");
    const node: NodeProto = {
      name: "",
      opType: opType.slice(dot + 1),
      domain: opType.slice(0, Math.max(dot, 0)),
      input: [...input],
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value)),
    };
    this.nodes.push(node);
    this.producers.set(output, node);
    this.recorded.set(key, node);
    for (const value of input) this.read.add(value);
    return node;
  }

  private constant(name: string, { element, dims, values }: Constant): string {
    if (this.initializers.has(name)) return name;
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.initializers.set(name, { name, dims: [...dims], dataType: ELEMENT[element], rawData });
    return name;
  }

  private freshName(prefix: string): string {
    this.named += 1;
    return `${prefix}${this.named}`;
  }
}

/** The nodes with what an output only renames under that output's name, so that no number is copied for it. */
function nameOutputs(nodes: readonly NodeProto[], producers: ReadonlyMap<string, NodeProto>): NodeProto[] {
  const names = new Map<string, string>();
  const kept = nodes.filter(({ opType, input: [value = ""], output: [name = ""] }) => {
    const isRename = opType === "Identity" && !producers.has(name) && producers.has(value) && !names.has(value);
    if (isRename) names.set(value, name);
    return !isRename;
  });
  const renamed = (values: readonly string[]) => values.map((value) => names.get(value) ?? value);
  return kept.map((node) => ({ ...node, input: renamed(node.input), output: renamed(node.output) }));
}

/** What nobody reads at the end of the list is left out, so that the runtime need not compute it. */
const used = (output: readonly string[], live: ReadonlySet<string>): string[] =>
  output.slice(0, output.findLastIndex((name) => live.has(name)) + 1);

const foreignDomains = (nodes: readonly NodeProto[]): string[] => [
  ...new Set(nodes.map((node) => node.domain).filter((domain) => domain !== "")),
];

const ATTRIBUTE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

function encodeAttribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === "number") return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === "string") return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: ATTRIBUTE.float, f: value.float };
  if ("floats" in value) return { name, type: ATTRIBUTE.floats, floats: [...value.floats] };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}

function encodeValue({ name, element, dims }: Value) {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT[element], shape: { dim } } } };
}
