// For tests: runs model code on tfjs' own cpu backend and, traced, on ONNX Runtime, so that the two can be compared.
import "@tensorflow/tfjs-backend-cpu";
import { setBackend, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { type HostTensor, openSession } from "./session.ts";
import { type InputSpec, type TensorMap, trace } from "./trace.ts";

export type TestInputs = Record<string, { shape: number[]; data: Float32Array }>;

/** Numbers without pattern but the same every time. */
export const wave = (shape: readonly number[], scale = 1, phase = 0): { shape: number[]; data: Float32Array } => ({
  shape: [...shape],
  data: Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, i) => scale * Math.sin(0.37 * i + phase),
  ),
});

export function runOnCpu(inputs: TestInputs, fn: (inputs: TensorMap) => TensorMap): Record<string, Float32Array> {
  void setBackend("cpu");
  const results: Record<string, Float32Array> = {};
  tidy(() => {
    const given = Object.entries(inputs).map(([name, { shape, data }]): [string, Tensor] => [
      name,
      tensor(data, shape),
    ]);
    for (const [name, value] of Object.entries(fn(Object.fromEntries(given)))) {
      results[name] = Float32Array.from(value.dataSync());
    }
  });
  return results;
}

export async function runTraced(
  inputs: TestInputs,
  fn: (inputs: TensorMap) => TensorMap,
  channelBlock = 0,
): Promise<Record<string, HostTensor>> {
  const specs = Object.entries(inputs).map(([name, { shape }]): [string, InputSpec] => {
    const [first, ...rest] = shape;
    return [name, { shape: first === undefined ? [] : [first, ...rest] }];
  });
  const graph = trace({ inputs: Object.fromEntries(specs), channelBlock, fn: (given) => ({ outputs: fn(given) }) });
  const session = await openSession(graph.bytes, { threads: 1 });
  try {
    const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [name, { dims: shape, data }]);
    return await session.run(Object.fromEntries(feeds));
  } finally {
    await session.close();
  }
}
