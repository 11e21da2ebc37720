// A value of the trace: a shape, and the graph values that hold it, one per memory layout asked for so far.
// A constant stays numbers until a node needs it, so that a transposed weight costs no node and is stored once.
import type { DataType } from "@tensorflow/tfjs-core";
import { DYNAMIC_BATCH, graphDims } from "./dynamic-batch.ts";
import type { Attributes, Graph } from "./graph.ts";
import {
  at,
  BLOCKED,
  identityLayout,
  isBlocked,
  isReshape,
  type Layout,
  NCHW,
  permutation,
  permuteValues,
  physicalShape,
  type Shape,
  sameList,
  sizeOf,
} from "./layout.ts";
import type { ElementType } from "./onnx-proto.ts";

type Form = { layout: Layout; name: string };
/** A convolution as recorded, while more may still be fused into it. `sum` is added to its result, then it is activated. */
export type ConvolutionNode = {
  layout: Layout;
  x: string;
  filter: string;
  bias?: string;
  sum?: string;
  isActivated?: boolean;
  attributes: Attributes;
};
type Constant = { values: Float32Array; layout: Layout };
/** What tfjs takes the numbers for, and what the graph holds them as. */
type Kind = { dtype?: DataType; element?: ElementType };
type Filled = { shape: Shape; dtype?: DataType };

export class SymbolicValue {
  readonly forms = new Map<string, Form>();
  constant?: Constant;
  /** Every element is this number. */
  splat?: number;
  convolution?: ConvolutionNode;
  /** What is repeated to make this value: of the same rank, with size 1 where it is repeated. */
  narrow?: SymbolicValue;
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
    return this.layouts[0] ?? this.constant?.layout ?? this.narrow?.anyLayout ?? identityLayout(this.shape.length);
  }

  /** The same for those who need to know where each axis lies. */
  get flatLayout(): Layout {
    return this.layouts.find((layout) => !isBlocked(layout)) ?? (isBlocked(this.anyLayout) ? NCHW : this.anyLayout);
  }

  /** True when the channels come in whole blocks, so that the blocked layout can hold this value. */
  get canBlock(): boolean {
    const { channelBlock } = this.graph;
    return this.shape.length === 4 && channelBlock > 0 && at(this.shape, 3) % channelBlock === 0;
  }

  /** In blocks, with the block as an axis of its own: [N, C / block, H, W, block]. */
  inBlocks(): string {
    return this.graph.reshape(this.in(BLOCKED), blockedShape(this));
  }

  private make(layout: Layout): string {
    const dims = physicalShape(this.shape, layout);
    if (this.splat !== undefined) return this.expand(this.splat, dims);
    if (this.narrow) return this.repeat(this.narrow, layout);
    if (isBlocked(layout)) return this.graph.op("com.microsoft.nchwc.ReorderInput", [this.in(NCHW)]);
    // In a second order it is moved by a node, which is done once when the graph is opened.
    if (this.constant && this.forms.size === 0) {
      const { values, layout: from } = this.constant;
      const moved = isReshape(this.shape, from, layout)
        ? values
        : permuteValues(values, physicalShape(this.shape, from), permutation(from, layout));
      return this.graph.floats(moved, dims);
    }
    const source = [...this.forms.values()].find((form) => !isBlocked(form.layout)) ?? this.unblocked(layout);
    if (!source) throw new Error(`A value of shape [${this.shape}] is used before it was recorded.`);
    if (sameList(source.layout, layout)) return source.name;
    if (isReshape(this.shape, source.layout, layout)) return this.graph.reshape(source.name, graphDims(dims));
    return this.graph.transpose(source.name, permutation(source.layout, layout));
  }

  /** The form in NCHW, made from the blocked one if that is all there is. */
  private unblocked(layout: Layout): Form | undefined {
    const blocked = this.forms.get(String(BLOCKED));
    if (!blocked) return undefined;
    const channels = at(this.shape, 3);
    const name = this.graph.op("com.microsoft.nchwc.ReorderOutput", [blocked.name], { channels });
    if (!sameList(layout, NCHW)) this.hold(NCHW, name);
    return { layout: NCHW, name };
  }

  private repeat(narrow: SymbolicValue, layout: Layout): string {
    if (!isBlocked(layout))
      return this.graph.op("Expand", [
        narrow.in(layout),
        this.graph.ints(graphDims(physicalShape(this.shape, layout))),
      ]);
    const repeated = this.graph.op("Expand", [narrow.inBlocks(), this.graph.ints(blockedShape(this))]);
    return this.graph.reshape(repeated, graphDims(physicalShape(this.shape, layout)));
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

/** [N, C / block, H, W, block]. */
function blockedShape({ shape, graph: { channelBlock } }: SymbolicValue): number[] {
  const [batch = 1, height = 1, width = 1, channels = 1] = shape;
  return graphDims([batch, channels / channelBlock, height, width, channelBlock]);
}

export const isSplat = (symbol: SymbolicValue): boolean => symbol.splat !== undefined;
export const elementsOf = (symbol: SymbolicValue): number => sizeOf(symbol.shape);

// Integers are carried as floats: the graphs hold no index larger than 2^24.
const elementOf = (dtype: DataType): ElementType => (dtype === "bool" ? "bool" : "float");
