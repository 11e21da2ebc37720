// A tfjs backend that computes nothing: every operation it is asked for becomes nodes of an ONNX graph.
// tfjs keeps one current backend, so tracing is synchronous and one at a time.
import {
  type BackendValues,
  type DataId,
  type DataType,
  enableProdMode,
  engine,
  type FillAttrs,
  KernelBackend,
  registerBackend,
  registerKernel,
  type Tensor,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { Graph } from "./graph.ts";
import { convolutionKernels } from "./kernels/convolution.ts";
import { convolutionGradientKernels } from "./kernels/convolution-gradients.ts";
import { depthwiseGradientKernels } from "./kernels/depthwise-gradients.ts";
import { elementwiseKernels, fill } from "./kernels/elementwise.ts";
import type { Kernel } from "./kernels/kernel.ts";
import { matmulKernels } from "./kernels/matmul.ts";
import { poolingKernels } from "./kernels/pooling.ts";
import { reduceKernels } from "./kernels/reduce.ts";
import { shapeKernels } from "./kernels/shape.ts";
import { sameList } from "./layout.ts";
import { constantSymbol, type SymbolicValue } from "./symbol.ts";

export const TRACE_BACKEND = "ursa-trace";

export class TraceBackend extends KernelBackend {
  graph = new Graph();
  private readonly symbols = new WeakMap<DataId, SymbolicValue>();

  /** The tfjs tensor that stands for `symbol` in model code. */
  tensorOf(symbol: SymbolicValue): Tensor {
    return engine().makeTensorFromTensorInfo(this.infoOf(symbol), this);
  }

  symbolOf(tensor: TensorInfo): SymbolicValue {
    const symbol = this.symbols.get(tensor.dataId);
    if (!symbol)
      throw new Error("A tensor made outside the trace was used in it: make constants with tf.tensor inside.");
    if (!sameList(symbol.shape, tensor.shape))
      throw new Error(`Expected shape [${symbol.shape}], got [${tensor.shape}].`);
    return symbol;
  }

  infoOf(symbol: SymbolicValue): TensorInfo {
    const dataId: DataId = {};
    this.symbols.set(dataId, symbol);
    return { dataId, shape: [...symbol.shape], dtype: symbol.dtype };
  }

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    const numbers = values instanceof Float32Array ? values : Float32Array.from(values ?? [], Number);
    return this.infoOf(constantSymbol(this.graph, numbers, { shape, dtype })).dataId;
  }

  override move(): void {
    throw new Error("A tensor made outside the trace was used in it: make constants with tf.tensor inside.");
  }

  override readSync(): never {
    throw new Error("A value was read while the graph was traced: model code must not depend on data.");
  }

  override read(): never {
    return this.readSync();
  }

  // The rest answers questions tfjs asks of every backend; symbols are freed by the garbage collector.
  override floatPrecision = (): 32 => 32;
  override disposeData = (): boolean => true;
  override incRef = (): void => {};
  override refCount = (): number => 1;
  override numDataIds = (): number => 0;
  override timerAvailable = (): boolean => false;
  override memory = () => ({ unreliable: true });
  override dispose = (): void => {};
}

function register({ name, run }: Kernel): void {
  registerKernel({
    kernelName: name,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      // tfjs passes the backend the kernel was registered for.
      const recorder = backend as TraceBackend;
      const given = Object.entries(inputs).flatMap(([input, tensor]) =>
        tensor ? [[input, recorder.symbolOf(tensor)]] : [],
      );
      const symbols = Object.fromEntries(given);
      const result = run(symbols, attrs ?? {});
      return Array.isArray(result) ? result.map((symbol) => recorder.infoOf(symbol)) : recorder.infoOf(result);
    },
  });
}

// Without this tfjs checks every result for NaN, which here would be a read.
enableProdMode();
registerBackend(TRACE_BACKEND, () => new TraceBackend(), 0);
for (const kernel of [
  ...elementwiseKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...matmulKernels,
  ...convolutionKernels,
  ...convolutionGradientKernels,
  ...depthwiseGradientKernels,
  ...poolingKernels,
]) {
  register(kernel);
}
registerKernel({
  kernelName: "Fill",
  backendName: TRACE_BACKEND,
  kernelFunc: ({ attrs, backend }) => {
    // As above: tfjs passes this backend.
    const recorder = backend as TraceBackend;
    // And the attributes of Fill, which TypeScript knows under a wider type.
    const given = attrs as unknown as FillAttrs;
    return recorder.infoOf(fill(recorder.graph, given));
  },
});
