// Whether a process still runs. A zombie does not: where nothing reaps orphans, as in many containers, it stays forever.
import { readFileSync } from "node:fs";

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return readState(pid) !== "Z";
}

// Only Linux has this file; elsewhere the first process reaps.
function readState(pid: number): string | undefined {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}
