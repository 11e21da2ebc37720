// Runs a training step operation by operation on tfjs' current backend, as it would be written without a graph.
import * as tf from "@tensorflow/tfjs-core";
import "./gradients.ts";
import type { StoredTensor, StoredTensors } from "./safetensors.ts";
import type { HostTensor } from "./session.ts";
import type { TensorMap } from "./trace.ts";
import type { StepPlan, TrainStep } from "./train-step.ts";

/** The tensors stay on the device between steps; reading `state` copies all of them to the host. */
export async function openEagerStep(plan: StepPlan, { state: start }: { state: StoredTensors }): Promise<TrainStep> {
  const values = new Map([...start].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]));
  let held: Map<string, StoredTensor> | undefined;
  const close = async () => {
    tf.dispose([...values.values()]);
    values.clear();
  };
  return {
    get state() {
      held ??= new Map([...values].map(([name, tensor]) => [name, { shape: tensor.shape, data: floatsOf(tensor) }]));
      return held;
    },
    async run(feeds) {
      held = undefined;
      const { outputs, updates = {} } = tf.tidy(() => plan.fn(toDevice(feeds), Object.fromEntries(values)));
      for (const [name, next] of Object.entries(updates)) {
        values.get(name)?.dispose();
        values.set(name, next);
      }
      return readOutputs(outputs);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const toDevice = (feeds: Record<string, HostTensor>): TensorMap =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => {
      // tfjs has no bytes; its integers have 32 bits.
      if (data instanceof Uint8Array) return [name, tf.tensor(Int32Array.from(data), [...dims], "int32")];
      return [name, tf.tensor(data, [...dims])];
    }),
  );

/** Waits until the device has computed them. */
async function readOutputs(outputs: TensorMap): Promise<Record<string, HostTensor>> {
  const read = Object.entries(outputs).map(async ([name, tensor]): Promise<[string, HostTensor]> => {
    await tensor.data();
    return [name, { dims: tensor.shape, data: floatsOf(tensor) }];
  });
  const results = Object.fromEntries(await Promise.all(read));
  tf.dispose(outputs);
  return results;
}

const floatsOf = (tensor: tf.Tensor): Float32Array => Float32Array.from(tensor.dataSync());
