// How often the kernel has killed for want of memory: what tells its SIGKILL from anybody else's.
import { readFile } from "node:fs/promises";

/** Of this container first, then of the machine. Where neither is told, as outside Linux, always 0. */
const COUNTERS = ["/sys/fs/cgroup/memory.events", "/proc/vmstat"];

export async function countOomKills(files: readonly string[] = COUNTERS): Promise<number> {
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (\d+)/m.exec(text)?.[1] ?? 0), 0);
}
