// What a process says of itself (its metrics, its health), and what the kernel says of it.
import { readFileSync } from "node:fs";
import type { ServiceProcess } from "@ursa/testing/service-process";
import type { ServiceName, World } from "./world.ts";

/** The service that runs under this name. */
export function serviceOf({ services }: World, name: ServiceName): ServiceProcess {
  const service = services.get(name);
  if (!service) throw new Error(`No ${name} runs.`);
  return service;
}

/** The sum of a metric's samples that have all of these labels, as written: `queue="fetch"`. 0 where there is none. */
export async function metricOf({ url }: ServiceProcess, name: string, ...labels: string[]): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
  const lines = text.split("\n").filter((line) => new RegExp(`^${name}[ {]`).test(line));
  const ours = lines.filter((line) => labels.every((label) => line.includes(label)));
  return ours.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

export const healthOf = async ({ url }: ServiceProcess, probe: "livez" | "readyz"): Promise<number> =>
  (await fetch(`${url}/${probe}`, { signal: AbortSignal.timeout(20_000) })).status;

/** The most memory that a process ever had, in MB. */
export function peakRssMb({ pid }: ServiceProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
}

/** Training processes of a trainer that are alive now. */
export function childrenOf({ pid }: ServiceProcess, part: string): number[] {
  const pids = readOrNothing(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return pids.filter((child) => readOrNothing(`/proc/${child}/cmdline`).includes(part));
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It has ended.
  }
}
