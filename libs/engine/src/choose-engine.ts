// Which engine a trainer trains on, found out before it takes any work. Loads nothing itself: a native one is tried in a process of its own.
import type { EngineName } from "@ursa/contracts/model";
import { StartupError } from "@ursa/service/startup-error";
import { describeCpu } from "./describe-cpu.ts";
import { findGpuParts, refuseUninstalledGpu } from "./gpu.ts";
import { isInstalled, type NativeName, nativePackage } from "./native-package.ts";
import { probeNative } from "./probe-native.ts";

export type ChosenEngine = {
  name: EngineName;
  /** As people know it: the processor or the graphics card. */
  device: string;
  /** Why it is not the one that `auto` prefers, where that is installed. */
  reason?: string;
};

const COMPILED = { name: "compiled", device: describeCpu() } as const;

/**
 * `auto` is native-gpu where it is installed and a GPU computes, else compiled. Any other is that engine or an error.
 * @throws StartupError naming what is missing
 */
export async function chooseEngine(wanted: EngineName | "auto", signal: AbortSignal): Promise<ChosenEngine> {
  if (wanted === "compiled") return COMPILED;
  if (wanted !== "auto") return await tryNative(wanted, signal);
  if (!isInstalled(nativePackage("native-gpu"))) return COMPILED;
  return await tryNative("native-gpu", signal).catch((error: unknown) => {
    if (!(error instanceof StartupError)) throw error;
    return { ...COMPILED, reason: error.message };
  });
}

async function tryNative(name: NativeName, signal: AbortSignal): Promise<ChosenEngine> {
  const found = await probeNative(name, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new StartupError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  if (found) return { name, device: found.device };
  if (name === "native") throw new StartupError("native is not installed: `ursa engine install native`.");
  throw new StartupError(refuseUninstalledGpu(findGpuParts(nativePackage(name).depsDir)));
}
