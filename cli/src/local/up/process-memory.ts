// Peak memory of named processes, each with all of its descendants: what a person sees their machine spend on Ursa.
// Resident sizes are added up, so pages shared between processes count once in each.
import { readdir, readFile } from "node:fs/promises";
import { runCommand } from "@ursa/testing/run-command";

export type ProcessRow = { pid: number; parentPid: number; rssKb: number };

/** Peaks in MiB. `total` is the highest sum at one moment, which is less than the sum of the peaks. */
export type PeakRss = { total: number; byProcess: Record<string, number> };

export type MemorySampler = { peak(): PeakRss; close(): void };

const intervalMs = 1_000; // reading every process of a machine takes some milliseconds

/** Samples the processes that `listRoots` names at that moment. */
export function startMemorySampler(listRoots: () => Record<string, number | undefined>): MemorySampler {
  const peak: PeakRss = { total: 0, byProcess: {} };
  let isSampling = false;
  const sample = async () => {
    if (isSampling) return;
    isSampling = true;
    const rows = await listProcesses().catch(() => []);
    recordSample(peak, treeSizes(rows, listRoots()));
    isSampling = false;
  };
  const timer = setInterval(sample, intervalMs).unref();
  return { peak: () => structuredClone(peak), close: () => clearInterval(timer) };
}

function recordSample(peak: PeakRss, sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes)) {
    peak.byProcess[name] = Math.max(peak.byProcess[name] ?? 0, size);
  }
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  peak.total = Math.max(peak.total, total);
}

/** MiB of each root with its descendants; a root inside another's tree counts for itself only. */
export function treeSizes(rows: ProcessRow[], roots: Record<string, number | undefined>): Record<string, number> {
  const children = Map.groupBy(rows, (row) => row.parentPid);
  const sizes = new Map(rows.map((row) => [row.pid, row.rssKb]));
  const rootPids = new Set(Object.values(roots));
  const sumKb = (pid: number): number => {
    const below = (children.get(pid) ?? []).filter((row) => !rootPids.has(row.pid));
    return below.reduce((sum, row) => sum + sumKb(row.pid), sizes.get(pid) ?? 0);
  };
  const entries = Object.entries(roots).map(([name, pid]) => [name, pid ? Math.round(sumKb(pid) / 1024) : 0]);
  return Object.fromEntries(entries);
}

export async function listProcesses(): Promise<ProcessRow[]> {
  return process.platform === "linux" ? listFromProc() : parsePs(await runCommand("ps", ["-axo", "pid=,ppid=,rss="]));
}

export function parsePs(output: string): ProcessRow[] {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [pid = 0, parentPid = 0, rssKb = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parentPid, rssKb };
  });
}

async function listFromProc(): Promise<ProcessRow[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  // A process can end between the listing and the reading.
  const statuses = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, "utf8").catch(() => "")));
  return statuses.map((status, index) => ({
    pid: pids[index] ?? 0,
    parentPid: readNumber(status, "PPid"),
    rssKb: readNumber(status, "VmRSS"),
  }));
}

function readNumber(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}
