// Following a sweep. Its runs tell events of their own; of the sweep there is only how many have ended, which its models say
// to whoever looks every now and then. So nothing is lost with Redis, and a follower that comes back is told the present state.
import { setTimeout as delay } from "node:timers/promises";
import type { UrsaEvent } from "@ursa/contracts/events";
import { isFinal } from "@ursa/contracts/record";
import type { SweepRun, SweepView } from "@ursa/contracts/sweep";
import { cellTitle } from "@ursa/contracts/sweep-cell";
import type { Dependencies } from "./dependencies.ts";
import { viewSweep } from "./view-sweep.ts";

type Owner = { namespace: string; id: string };
type Sent = { data: UrsaEvent };

/** A run takes seconds at least. */
const LOOK_EVERY_MS = 1000;

/** Progress and each run's end as they are seen, and last the final state. @throws Problem not_found */
export async function followSweep(deps: Dependencies, owner: Owner, signal: AbortSignal): Promise<AsyncIterable<Sent>> {
  return changes(deps, { owner, first: await viewSweep(deps, owner), signal });
}

type Following = { owner: Owner; first: SweepView; signal: AbortSignal };

async function* changes(deps: Dependencies, { owner, first, signal }: Following): AsyncGenerator<Sent> {
  const told = new Set(endedRuns(first).map(({ run }) => run.model));
  const news = (now: SweepView) => endedRuns(now).filter(({ run }) => !told.has(run.model));
  let view = first;
  let shown = "";
  while (!signal.aborted && !isFinal(view.state)) {
    const now = JSON.stringify(view.progress);
    if (now !== shown && view.progress) yield { data: { type: "progress", progress: view.progress } };
    shown = now;
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    view = await viewSweep(deps, owner);
    for (const { run, title } of news(view)) {
      told.add(run.model);
      yield { data: { type: "log", message: endOf(run, title) } };
    }
  }
  const [state, total] = [view.state, view.runs.length];
  if (signal.aborted || !isFinal(state)) return;
  if (view !== first) yield { data: { type: "progress", progress: { phase: "sweep", done: total, total } } };
  yield { data: { type: "state", state, ...(view.error ? { error: view.error } : {}) } };
}

const endedRuns = ({ table }: SweepView) =>
  table.rows.flatMap((row) =>
    row.runs
      .filter(({ state }) => state === "ready" || state === "failed" || state === "cancelled")
      .map((run) => ({ run, title: `${cellTitle(row)}, seed ${run.seed}` })),
  );

function endOf({ state, errorRate, validLoss, error }: SweepRun, title: string): string {
  if (errorRate === undefined || validLoss === undefined) return `${title}: ${error ?? state}`;
  return `${title}: error ${(100 * errorRate).toFixed(1)} %, valid loss ${validLoss.toFixed(4)}`;
}
