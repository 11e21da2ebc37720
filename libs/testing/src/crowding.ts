// How much longer things take here than on a machine that does nothing else: by the CPU time that programs of others take meanwhile,
// as Linux counts it. What a test does itself, with all processes that it started, is what its bound is for.
import { readdirSync, readFileSync } from "node:fs";

/** Seconds of CPU, from any moment on: of all cores together, and of a process with its living and its ended descendants. */
export type CpuTimes = { cores: number; busy: number; own: number };

/** Linux tells them to programs in hundredths of a second, on every architecture. */
const TICKS_PER_SECOND = 100;
/** Where others leave less than a third of the machine, a bound is not stretched any further. */
const MOST = 3;

/**
 * Watches from now on. What it returns tells how crowded it has been since, from 1 to 3: a bound in seconds for an idle machine is
 * to be multiplied by it. Always 1 where the system is no Linux.
 */
export function watchCrowding(): () => number {
  const [before, began] = [readCpuTimes(), performance.now()];
  return () => {
    const after = readCpuTimes();
    return before && after ? crowdingBetween(before, after, (performance.now() - began) / 1000) : 1;
  };
}

/** @param seconds that passed between the two */
export function crowdingBetween(before: CpuTimes, after: CpuTimes, seconds: number): number {
  const { cores } = after;
  const others = (after.busy - before.busy - (after.own - before.own)) / seconds;
  // Ended processes that nobody waited for, and ticks cut off, could make it a little less than nothing.
  return Math.min(MOST, Math.max(1, cores / Math.max(cores - others, Number.MIN_VALUE)));
}

/** @param pid whose tree counts as own @returns undefined where the system is no Linux */
export function readCpuTimes(pid = process.pid): CpuTimes | undefined {
  const lines = readIfThere("/proc/stat").split("\n");
  const cores = lines.filter((line) => /^cpu\d/.test(line)).length;
  if (cores === 0) return undefined;
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (lines[0] ?? "")
    .split(/ +/)
    .map(Number);
  return {
    cores,
    busy: (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND,
    own: ticksOfTree(pid) / TICKS_PER_SECOND,
  };
}

function ticksOfTree(root: number): number {
  const processes = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? readProcess(name) : []));
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const tree = processes.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...(children.get(pid) ?? []));
  return tree.reduce((sum, { ticks }) => sum + ticks, 0);
}

/** Of /proc/PID/stat: the name stands in brackets and may itself contain any; of what follows, fields 12 to 15 are the times. */
function readProcess(pid: string): { pid: number; parent: number; ticks: number }[] {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number); // biome-ignore format: short
  const [, parent] = fields;
  const times = fields.slice(11, 15);
  return parent === undefined ? [] : [{ pid: Number(pid), parent, ticks: times.reduce((sum, each) => sum + each, 0) }];
}

/** Empty where it is not: a process may have ended since it was listed. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
