// What computes training steps. Activations of frozen layers and all measuring are ONNX Runtime's on every engine.
import type { EngineName } from "@ursa/contracts/model";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import type { OpenStep } from "@ursa/tensor/train-step";

export type TrainingEngine = { name: EngineName; openStep: OpenStep };

export const COMPILED: TrainingEngine = { name: "compiled", openStep: openCompiledStep };

/** Those that have trained a run once this one goes on with it, in order, each as often as it took over. */
export const enginesWith = (before: readonly EngineName[], { name }: TrainingEngine): EngineName[] =>
  before.at(-1) === name ? [...before] : [...before, name];
