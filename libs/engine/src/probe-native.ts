// Loads a native engine in a process of its own: a binding that crashes takes only that process down, and a list stays small.
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { isInstalled, type NativeName, nativePackage, REPOSITORY } from "./native-package.ts";
import { lastLines, runTool } from "./run-tool.ts";

const probe = z.object({
  device: z.string(),
  versions: z.object({ tensorflow: z.string(), tfjs: z.string() }),
});
export type Probe = z.infer<typeof probe>;

const deviceOf = (name: NativeName) => (name === "native-gpu" ? "gpu" : "cpu");

/** @returns undefined when it is not installed. @throws Error with the reason when it is and does not work */
export async function probeNative(name: NativeName, signal: AbortSignal): Promise<Probe | undefined> {
  if (!isInstalled(nativePackage(name))) return undefined;
  const command = [process.execPath, fileURLToPath(import.meta.url), name] as const;
  const { code, stdout, output } = await runTool([...command], { cwd: REPOSITORY, env: process.env, signal });
  if (code !== 0) throw new Error(lastLines(output, 3) || `${name} crashed while it was loaded.`);
  return probe.parse(JSON.parse(lastLines(stdout, 1)));
}

if (import.meta.main) {
  // Only this process loads tfjs: whoever calls the function above stays small.
  const { loadNative } = await import("./load-native.ts");
  try {
    // Only the function above starts this, with a name it has.
    const { tf: _, ...native } = (await loadNative({ device: deviceOf(process.argv[2] as NativeName) })) ?? {};
    process.stdout.write(`${JSON.stringify(native)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
