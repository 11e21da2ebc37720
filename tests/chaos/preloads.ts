// Environments of processes that have something wrong from their first line on: a module is loaded before their own.
import { join } from "node:path";

const preload = (file: string): string => `--import=${join(import.meta.dirname, file)}`;
const HOUR_MS = 3_600_000;

/** The clock is wrong by so many hours, ahead of the others' or, below 0, behind. */
export const skewedClock = (hours: number) => ({
  NODE_OPTIONS: preload("skewed-clock.mjs"),
  CHAOS_SKEW_MS: String(hours * HOUR_MS),
});

/** Files are written at this pace, and bringing one to the disk takes so long. */
export const slowDisk = ({ kbPerSecond, syncMs }: { kbPerSecond: number; syncMs: number }) => ({
  NODE_OPTIONS: preload("slow-disk.mjs"),
  CHAOS_DISK_KB_PER_S: String(kbPerSecond),
  CHAOS_DISK_SYNC_MS: String(syncMs),
});
