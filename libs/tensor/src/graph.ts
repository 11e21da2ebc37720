// Builds one ONNX graph. Equal nodes are merged while recording; what no output needs is dropped by `finish`.
import {
  ELEMENT,
  type ElementType,
  encodeModel,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "./onnx-proto.ts";

/** A dimension of a graph input or output: a size, or a name for one that is only known when the graph runs. */
export type Dimension = number | string;
export type Attributes = Record<string, number | string | readonly number[]>;
type Constant = { element: ElementType; dims: readonly number[]; values: Float32Array | BigInt64Array };
type Value = { name: string; element: ElementType; dims: readonly Dimension[] };

// Opset 18 takes reduction axes as inputs everywhere; ONNX Runtime's blocked-layout pass knows all its operators.
const OPSET = 18;
const IR_VERSION = 8;

export class Graph {
  private readonly nodes: NodeProto[] = [];
  private readonly recorded = new Map<string, string>();
  private readonly initializers = new Map<string, TensorProto>();
  private readonly inputs: Value[] = [];
  private readonly outputs: Value[] = [];
  private readonly producers = new Map<string, NodeProto>();
  private named = 0;

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

  /** Records a node with one output, or returns the output of an equal node recorded before. */
  op(opType: string, input: readonly string[], attributes: Attributes = {}): string {
    const key = JSON.stringify([opType, input, attributes]);
    const known = this.recorded.get(key);
    if (known !== undefined) return known;
    const output = this.freshName("t");
    const attribute = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
    const node: NodeProto = { name: "", opType, domain: "", input: [...input], output: [output], attribute };
    this.nodes.push(node);
    this.producers.set(output, node);
    this.recorded.set(key, output);
    return output;
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
    const node = this.nodes.toReversed().filter((candidate) => {
      if (!candidate.output.some((name) => live.has(name))) return false;
      for (const name of candidate.input) live.add(name);
      return true;
    });
    const model: ModelProto = {
      irVersion: IR_VERSION,
      producerName: "ursa",
      opsetImport: [{ domain: "", version: OPSET }],
      graph: {
        name: "ursa",
        node: node.reverse().map((item, i) => ({ ...item, name: `${item.opType}_${i}` })),
        initializer: [...this.initializers.values()].filter((tensor) => live.has(tensor.name)),
        input: this.inputs.filter((input) => live.has(input.name)).map(encodeValue),
        output: this.outputs.map(encodeValue),
      },
    };
    return encodeModel(model);
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

const ATTRIBUTE = { int: 2, string: 3, ints: 7 } as const;

function encodeAttribute(name: string, value: number | string | readonly number[]) {
  if (typeof value === "number") return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === "string") return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}

function encodeValue({ name, element, dims }: Value) {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT[element], shape: { dim } } } };
}
