// What is left behind by records that are deleted: open files, files on disk, keys in Redis.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Ursa } from "../../cli/src/local/up/supervisor.ts";
import { openFilesOf } from "../process-rows.ts";
import type { Watch } from "./watch-ursa.ts";

export type Left = {
  /** Files, sockets and pipes by process. */
  open: Record<string, number>;
  workFiles: number;
  /** That were being written when their writer stopped. */
  tornObjects: number;
  /** Whose keys name a record, when there is none. */
  orphans: number;
  /** Keys that name no record. */
  fixedKeys: number;
  /** Of records, without an end. */
  ownKeys: number;
  /** BullMQ's, of jobs that have ended. */
  jobKeys: number;
};
export type Leftovers = { count(): Promise<Left> };

/** A kept connection closes after five seconds, an inferer's look at the record of a model comes as late. */
const SETTLE_MS = 20_000;
const RECORD = /(?:ds|mdl|prd|evl|ins|reg|swp)_[0-9A-Z]{26}/;
/** Graphs that are kept for the next training of their kind. */
const CACHED = "/graphs/";

export function openLeftovers(ursa: Ursa, redis: Watch["redis"]): Leftovers {
  return {
    async count() {
      await delay(SETTLE_MS);
      const open = ursa.processes.map(async ({ name, pid = 0 }) => [name, await openFilesOf(pid)] as const);
      const [work, stored] = [await filesIn(join(ursa.home, "work")), await filesIn(join(ursa.home, "store"))];
      return {
        open: Object.fromEntries(await Promise.all(open)),
        workFiles: work.filter((path) => !path.includes(CACHED)).length,
        tornObjects: stored.filter((path) => path.includes("/~tmp-")).length,
        orphans: stored.filter((path) => RECORD.test(path)).length,
        ...(await countKeys(redis)),
      };
    },
  };
}

async function countKeys(redis: Watch["redis"]): Promise<Pick<Left, "fixedKeys" | "ownKeys" | "jobKeys">> {
  const keys = await redis.keys("*");
  const ofRecords = keys.filter((key) => RECORD.test(key));
  const [jobs, own] = [
    ofRecords.filter((key) => key.startsWith("bull:")),
    ofRecords.filter((key) => !key.startsWith("bull:")),
  ];
  const ages = await Promise.all(own.map((key) => redis.ttl(key)));
  return {
    fixedKeys: keys.length - ofRecords.length,
    ownKeys: ages.filter((age) => age === -1).length,
    jobKeys: jobs.length,
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
