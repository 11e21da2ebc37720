// The queues as a table: what waits, for how long, and who works on it.
import type { QueueView } from "@ursa/contracts/operations";
import { describeAge } from "./age.ts";
import { table } from "./print.ts";

export function describeQueues(queues: QueueView[]): string {
  const rows = queues.map((each) => [
    each.queue,
    ...[each.waiting, each.active, each.delayed, each.failed].map(String),
    each.oldestSeconds > 0 ? describeAge(each.oldestSeconds) : "",
    describeWorkers(each.workers),
    each.paused ? "PAUSED" : "",
  ]);
  return table(["queue", "waiting", "active", "delayed", "failed", "oldest", "workers", ""], rows);
}

/** `2 of 0.1.0, 1 of 0.2.0`: versions differ while an upgrade is under way. */
function describeWorkers(workers: QueueView["workers"]): string {
  const versions = Map.groupBy(workers, ({ version }) => version);
  return [...versions].map(([version, those]) => `${those.length} of ${version}`).join(", ") || "none";
}
