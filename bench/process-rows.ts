// CPU time, memory and open files of processes with all that they started, from /proc. Elsewhere than on Linux there is nothing to read.
import { readdir, readFile } from "node:fs/promises";

export type ProcessRow = { pid: number; parent: number; seconds: number };

/** Ticks of /proc, which are hundredths of a second on every Linux that Node runs on. */
const TICKS = 100;

/** Every process of this machine. */
export async function listProcessRows(): Promise<ProcessRow[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  // A process can end between the listing and the reading.
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return stats.filter(Boolean).map((stat) => {
    // The program's name, in brackets, may have spaces: fields are counted from behind it. proc(5): ppid is 4th, utime to cstime 14th to 17th.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
    return { pid: Number.parseInt(stat, 10), parent: fields[1] ?? 0, seconds: ticks / TICKS };
  });
}

/** CPU seconds of a process and of all that came from it. */
export const secondsOfTree = (rows: readonly ProcessRow[], root: number): number =>
  treeOf(rows, root).reduce((sum, { seconds }) => sum + seconds, 0);

function treeOf(rows: readonly ProcessRow[], root: number): ProcessRow[] {
  const below = rows.filter(({ parent }) => parent === root).flatMap(({ pid }) => treeOf(rows, pid));
  return [...rows.filter(({ pid }) => pid === root), ...below];
}

/** Files, sockets and pipes that a process and all that came from it have open. */
export async function openFilesOf(root: number): Promise<number> {
  const tree = treeOf(await listProcessRows(), root);
  const open = await Promise.all(tree.map(({ pid }) => readdir(`/proc/${pid}/fd`).catch(() => [])));
  return open.reduce((sum, { length }) => sum + length, 0);
}

/** The most memory that one process ever had, in MB; without what came from it. */
export async function peakRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}
