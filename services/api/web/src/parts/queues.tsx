import type { QueueView } from "@ursa/contracts/operations";
import { Problem } from "@ursa/contracts/problem";
import { useAnswer } from "../use-answer.ts";
import { useEvery } from "../use-every.ts";
import { count, seconds } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";
import { type Column, Table } from "./table.tsx";

const LOOK_EVERY_MS = 4000;

/** For operators: they see the whole installation. Whoever may not is not bothered with it. */
export function Queues() {
  const { value, problem, reload } = useAnswer("queues", (client, signal) =>
    client.call("operationsStatus", { signal }),
  );
  useEvery(LOOK_EVERY_MS, reload);
  if (problem instanceof Problem && problem.code === "scope_missing") return null;
  if (!value && !problem) return null;
  return (
    <section>
      <h2>Queues</h2>
      {problem ? <ErrorNote problem={problem} onRetry={reload} /> : null}
      {value ? <Table label="Queues" rows={value.queues} keyOf={({ queue }) => queue} columns={COLUMNS} /> : null}
    </section>
  );
}

const COLUMNS: Column<QueueView>[] = [
  { name: "queue", cell: ({ queue, paused }) => (paused ? `${queue} (paused)` : queue) },
  { name: "waiting", isNumber: true, cell: ({ waiting }) => count(waiting) },
  { name: "active", isNumber: true, cell: ({ active }) => count(active) },
  { name: "delayed", isNumber: true, cell: ({ delayed }) => count(delayed) },
  { name: "failed", isNumber: true, cell: ({ failed }) => count(failed) },
  {
    name: "oldest waits",
    isNumber: true,
    cell: ({ oldestSeconds }) => (oldestSeconds > 0 ? seconds(oldestSeconds) : "–"),
  },
  {
    name: "workers",
    isNumber: true,
    cell: ({ workers }) => (workers.length > 0 ? count(workers.length) : <b className="bad">none</b>),
  },
];
