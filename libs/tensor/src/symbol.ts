// A value of the trace: a shape, and the graph values that hold it, one per memory layout asked for so far.
// A constant stays numbers until a node needs it, so that a transposed weight costs no node and is stored once.
import type { DataType } from "@tensorflow/tfjs-core";
import { DYNAMIC_BATCH, graphDims } from "./dynamic-batch.ts";
import type { Graph } from "./graph.ts";
import {
  identityLayout,
  isReshape,
  type Layout,
  permutation,
  permuteValues,
  physicalShape,
  type Shape,
  sizeOf,
} from "./layout.ts";
import type { ElementType } from "./onnx-proto.ts";

type Form = { layout: Layout; name: string };
type Constant = { values: Float32Array; layout: Layout };
/** The convolution a value came from, while a bias may still be fused into it. */
export type ConvolutionNode = { input: readonly string[]; attributes: Record<string, number | readonly number[]> };

/** What tfjs takes the numbers for, and what the graph holds them as. */
type Kind = { dtype?: DataType; element?: ElementType };
type Filled = { shape: Shape; dtype?: DataType };

export class SymbolicValue {
  readonly forms = new Map<string, Form>();
  constant?: Constant;
  /** Every element is this number. */
  splat?: number;
  convolution?: ConvolutionNode;
  readonly graph: Graph;
  readonly shape: Shape;
  readonly dtype: DataType;
  readonly element: ElementType;

  constructor(graph: Graph, shape: Shape, { dtype = "float32", element = elementOf(dtype) }: Kind = {}) {
    this.graph = graph;
    this.shape = shape;
    this.dtype = dtype;
    this.element = element;
  }

  /** Says that graph value `name` holds this value in `layout`. */
  hold(layout: Layout, name: string): this {
    this.forms.set(String(layout), { layout, name });
    return this;
  }

  /** The layouts that cost nothing to use. */
  get layouts(): Layout[] {
    return [...this.forms.values()].map((form) => form.layout);
  }

  /** The graph value that holds this value, in full, in `layout`; adds the transpose when there is none yet. */
  in(layout: Layout): string {
    const known = this.forms.get(String(layout));
    if (known) return known.name;
    const name = this.make(layout);
    this.hold(layout, name);
    return name;
  }

  /** In the order of the logical axes. */
  plain(): string {
    return this.in(identityLayout(this.shape.length));
  }

  /** The cheapest layout to read this value in. */
  get anyLayout(): Layout {
    return this.layouts[0] ?? this.constant?.layout ?? identityLayout(this.shape.length);
  }

  private make(layout: Layout): string {
    const dims = physicalShape(this.shape, layout);
    if (this.splat !== undefined) return this.expand(this.splat, dims);
    if (this.constant) {
      const { values, layout: from } = this.constant;
      const moved = isReshape(this.shape, from, layout)
        ? values
        : permuteValues(values, physicalShape(this.shape, from), permutation(from, layout));
      return this.graph.floats(moved, dims);
    }
    const [source] = this.forms.values();
    if (!source) throw new Error(`A value of shape [${this.shape}] is used before it was recorded.`);
    if (isReshape(this.shape, source.layout, layout)) return this.graph.reshape(source.name, graphDims(dims));
    return this.graph.transpose(source.name, permutation(source.layout, layout));
  }

  private expand(value: number, dims: number[]): string {
    if (dims.includes(DYNAMIC_BATCH)) throw new Error("A constant cannot have the batch axis of a dynamic graph.");
    const scalar = this.graph.scalar(value);
    return dims.length === 0 ? scalar : this.graph.op("Expand", [scalar, this.graph.ints(dims)]);
  }
}

/** A constant from numbers in logical order; one repeated number is remembered as such. */
export function constantSymbol(
  graph: Graph,
  values: Float32Array,
  { shape, dtype }: { shape: Shape; dtype: DataType },
): SymbolicValue {
  const symbol = new SymbolicValue(graph, shape, { dtype, element: "float" });
  const first = values[0];
  if (first !== undefined && values.every((value) => value === first)) symbol.splat = first;
  else symbol.constant = { values, layout: identityLayout(shape.length) };
  return symbol;
}

/** A value of which every element is `value`. */
export function splatSymbol(graph: Graph, value: number, { shape, dtype = "float32" }: Filled): SymbolicValue {
  const symbol = new SymbolicValue(graph, shape, { dtype, element: "float" });
  symbol.splat = value;
  return symbol;
}

export const isSplat = (symbol: SymbolicValue): boolean => symbol.splat !== undefined;
export const elementsOf = (symbol: SymbolicValue): number => sizeOf(symbol.shape);

// Integers are carried as floats: the graphs hold no index larger than 2^24.
const elementOf = (dtype: DataType): ElementType => (dtype === "bool" ? "bool" : "float");
