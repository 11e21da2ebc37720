// Which engine a trainer trains on, found out before it takes any work. Loads nothing itself: a native one is tried in a process of its own.
import type { EngineName } from "@ursa/contracts/model";
import { StartupError } from "@ursa/service/startup-error";
import { describeCpu } from "./describe-cpu.ts";
import { findGpuParts, refuseUninstalledGpu } from "./gpu.ts";
import { nativePackage } from "./native-package.ts";
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
export async function chooseEngine(
  wanted: EngineName | "auto",
  signal: AbortSignal,
  probe = probeNative,
): Promise<ChosenEngine> {
  if (wanted === "compiled") return COMPILED;
  const name = wanted === "auto" ? "native-gpu" : wanted;
  const found = await probe(name, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (wanted === "auto") return { ...COMPILED, reason };
    throw new StartupError(reason, { cause });
  });
  if (found && "reason" in found) return found;
  if (found) return { name, device: found.device };
  if (wanted === "auto") return COMPILED;
  if (name === "native") throw new StartupError("native is not installed: `ursa engine install native`.");
  throw new StartupError(refuseUninstalledGpu(findGpuParts(nativePackage(name).depsDir)));
}
