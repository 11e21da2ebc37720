// An engine, ready to train in this process. The native ones are loaded by path, and only here.
import type { TrainingEngine } from "@ursa/classifier/training-engine";
import type { EngineName } from "@ursa/contracts/model";
import { createCompiledSteps } from "@ursa/tensor/compiled-step";
import { openEagerStep } from "@ursa/tensor/eager-step";
import { createGraphCache, type GraphCacheOptions } from "@ursa/tensor/graph-cache";
import { loadNative } from "./load-native.ts";

/** `graphs`: where the compiled engine keeps its graphs. @throws Error where it is not installed, or where a GPU was asked for and the CPU would be used */
export async function openEngine(
  name: EngineName,
  graphs: GraphCacheOptions,
): Promise<TrainingEngine & AsyncDisposable> {
  if (name === "compiled") return { name, ...createCompiledSteps(createGraphCache(graphs)) };
  const native = await loadNative({ device: name === "native" ? "cpu" : "gpu" });
  if (!native) throw new Error("native is not installed: `ursa engine install native`.");
  return { name, openStep: openEagerStep, [Symbol.asyncDispose]: async () => {} };
}
