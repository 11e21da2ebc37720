// An engine, ready to train in this process. The native ones are loaded by path, and only here.
import { COMPILED, type TrainingEngine } from "@ursa/classifier/training-engine";
import type { EngineName } from "@ursa/contracts/model";
import { openEagerStep } from "@ursa/tensor/eager-step";
import { loadNative } from "./load-native.ts";

/** @throws Error where it is not installed, or where a GPU was asked for and the CPU would be used */
export async function openEngine(name: EngineName): Promise<TrainingEngine> {
  if (name === "compiled") return COMPILED;
  const native = await loadNative({ device: name === "native" ? "cpu" : "gpu" });
  if (!native) throw new Error("native is not installed: `ursa engine install native`.");
  return { name, openStep: openEagerStep };
}
