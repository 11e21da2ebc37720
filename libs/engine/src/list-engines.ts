// What there is to compute with on this machine, and whether it works.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describeCpu } from "./describe-cpu.ts";
import { NATIVE_NAMES, type NativeName, REPOSITORY } from "./native-package.ts";
import { probeNative } from "./probe-native.ts";

export type EngineRow = {
  name: "compiled" | NativeName;
  /** "broken": it is installed and does not work; `fault` says why. */
  state: "ready" | "not installed" | "broken";
  version?: string;
  device?: string;
  fault?: string;
};

export async function listEngines(signal: AbortSignal): Promise<EngineRow[]> {
  const natives = NATIVE_NAMES.toReversed().map((name) => describeNative(name, signal));
  return Promise.all([describeCompiled(), ...natives]);
}

const manifest = z.object({ dependencies: z.object({ "onnxruntime-node": z.string() }) });

async function describeCompiled(): Promise<EngineRow> {
  // Only libs/tensor knows the package; what it pins is what npm installed.
  const text = await readFile(join(REPOSITORY, "libs/tensor/package.json"), "utf8");
  const version = manifest.parse(JSON.parse(text)).dependencies["onnxruntime-node"];
  return { name: "compiled", state: "ready", version: `onnxruntime ${version}`, device: describeCpu() };
}

async function describeNative(name: NativeName, signal: AbortSignal): Promise<EngineRow> {
  try {
    const found = await probeNative(name, signal);
    if (!found) return { name, state: "not installed" };
    return { name, state: "ready", version: `TensorFlow ${found.versions.tensorflow}`, device: found.device };
  } catch (error) {
    signal.throwIfAborted();
    return { name, state: "broken", fault: error instanceof Error ? error.message : String(error) };
  }
}
