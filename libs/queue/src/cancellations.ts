// How a running worker learns that its record was cancelled: a key per record, looked at every two seconds while jobs run.
// A key and not a message, so that a worker that was away for a moment learns of it too. The record itself is the safety net:
// the catalog refuses every write to a cancelled record.
import type { RedisConnection } from "./connection.ts";

/** Seconds. Longer than any worker needs to notice; afterwards the record says so. */
const KEPT_S = 7 * 24 * 3600;

const keyOf = (recordId: string) => `ursa:cancel:${recordId}`;

export async function markCancelled(connection: RedisConnection, recordId: string): Promise<void> {
  await connection.redis.set(keyOf(recordId), "1", "EX", KEPT_S);
}

export async function isCancelled(connection: RedisConnection, recordId: string): Promise<boolean> {
  return (await connection.redis.exists(keyOf(recordId))) === 1;
}

export type CancellationWatch = {
  watch(jobId: string, recordId: string): void;
  unwatch(jobId: string): void;
  close(): void;
};

/** Calls `onCancelled` with each watched job whose record was cancelled, at most `everyMs` after it was. */
export function watchCancellations(options: {
  connection: RedisConnection;
  everyMs: number;
  onCancelled: (jobId: string) => void;
}): CancellationWatch {
  const { connection, everyMs, onCancelled } = options;
  const watched = new Map<string, string>();
  let isAsking = false;

  const look = async () => {
    // A connection that waits for Redis would pile up questions while it is away.
    if (isAsking || watched.size === 0) return;
    isAsking = true;
    const jobs = [...watched];
    const marks = await connection.redis.mget(jobs.map(([, recordId]) => keyOf(recordId))).catch(() => []);
    isAsking = false;
    for (const [index, [jobId]] of jobs.entries()) {
      if (marks[index] === "1") onCancelled(jobId);
    }
  };
  const timer = setInterval(look, everyMs);
  return {
    watch: (jobId, recordId) => void watched.set(jobId, recordId),
    unwatch: (jobId) => void watched.delete(jobId),
    close: () => clearInterval(timer),
  };
}
