// The main job as `ursa demo --json` reports it, for benches that repeat it over seeds.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../cli/src/main.ts", import.meta.url));

export type DemoReport = {
  ok: boolean;
  error?: string;
  /** The finder has neither an error rate nor a loss. */
  stages: { name: string; errorRate?: number; validLoss?: number; seconds: number }[];
  servedSeconds: number;
  wallSeconds: number;
  classifyP50Ms: number;
  predictPerSecond: number;
  /** Largest of each process with its children. */
  peakRssMb: Record<string, number>;
};

export async function runDemo(folder: string, how: { seed: number; recipe: string }): Promise<DemoReport> {
  const words = ["demo", "--folder", folder, "--recipe", how.recipe, "--seed", String(how.seed), "--json"];
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  await once(child, "close");
  return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
}
