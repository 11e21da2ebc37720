// A job whose work a child process does: takes the record, watches over the child, and records what it reports. Only this process
// writes the record, because it holds the lock and learns of cancellation: the child's own writes are immutable objects under its fence.
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import { JobStopped } from "@ursa/queue/job-outcome";
import type { Held, JobContext, JobWork } from "@ursa/queue/run-job";
import type { Relay, RelayDeps } from "./relay.ts";
import { ChildFault, type ChildLimits, runChild } from "./run-child.ts";
import { type NoteTime, trackTime } from "./training-time.ts";
import { watchRecord } from "./watch-record.ts";
import { makeWorkFolder } from "./work-dir.ts";

export type ChildJobDeps = RelayDeps & { workDir: string; limits: ChildLimits; noteTime: NoteTime };
type Taken = { owner: { namespace: string; id: string }; fence: number };
export type ChildRun = ChildJobDeps & Taken;
export type ChildKind = "model" | "inspection";
export type TrainerJob = Required<Pick<JobWork<"train">, "process" | "onGivenUp">>;

const ENTRY = new URL("./training-child.ts", import.meta.url);

/**
 * Children that end for reasons outside them, killed or out of memory, are replaced so often within one attempt of the job:
 * as often as the queue replaces a trainer that is lost.
 */
const MOST_LOST = 10;

/** Run twice is run once: a record that has ended is left as it is. A trainer that stops hands the job back. */
export function createChildJob(deps: ChildJobDeps, kind: ChildKind, relayOf: (run: ChildRun) => Relay): TrainerJob {
  return {
    async process({ namespace, id }: PayloadOf<"train">, context) {
      const owner = { namespace, id };
      // Held as long as the job: what a lost child computed into it is there for the next.
      await using folder = await makeWorkFolder(deps.workDir);
      for (let lost = 0; ; lost += 1) {
        const { fence } = await deps.catalog.take(kind, owner);
        context.holdFence(fence);
        const run: ChildRun = { ...deps, owner, fence };
        if (lost === 0) await run.events.publish(owner, { type: "state", state: "running" });
        const mayLose = lost < MOST_LOST;
        const watched = { kind, relay: relayOf(run), folder: folder.path, signal: context.signal, mayLose };
        const ending = await watchChild(run, watched);
        if (ending === "finished") return;
        if (ending === "stopped") return await giveBack(run, kind, context);
      }
    },
    onGivenUp: createEnding(deps, kind),
  };
}

/** Writes into the record why there will be no result. */
export function createEnding(
  { catalog, events }: Pick<ChildJobDeps, "catalog" | "events">,
  kind: ChildKind | "regression",
) {
  return async ({ namespace, id }: PayloadOf<"train">, error: RecordError, held: Held): Promise<void> => {
    const owner = { namespace, id };
    if (isFinal((await catalog.get(kind, namespace, id)).state)) return;
    await catalog.update(kind, owner, (record) => ({ ...record, state: "failed", error }), held);
    await events.publish(owner, { type: "state", state: "failed", error });
  };
}

/** The record waits again, and its job with it. Never returns. */
export async function giveBack(
  { catalog, events, owner, fence }: Taken & Pick<ChildJobDeps, "catalog" | "events">,
  kind: ChildKind | "regression",
  context: JobContext,
): Promise<never> {
  await catalog.update(kind, owner, (record) => ({ ...record, state: "queued" }), { fence });
  await events.publish(owner, { type: "state", state: "queued" });
  return await context.handBack();
}

type Watched = { kind: ChildKind; relay: Relay; folder: string; signal: AbortSignal; mayLose: boolean };

async function watchChild(run: ChildRun, watched: Watched): Promise<"finished" | "stopped" | "lost"> {
  const { kind, relay, folder } = watched;
  using ends = endsOf(watched.signal);
  const lost = watchRecord({ ...run, kind }, ends.over);
  using _live = { [Symbol.dispose]: () => run.live.clear() };
  await using _time = trackTime((spent) => run.noteTime({ ...run.owner, fence: run.fence, ...spent }));
  try {
    await runChild({
      entry: ENTRY,
      start: { owner: run.owner, fence: run.fence, workDir: folder, engine: run.engine },
      limits: run.limits,
      stop: ends.stop,
      kill: AbortSignal.any([ends.kill, lost]),
      onMessage: relay.onMessage,
    });
  } catch (error) {
    // What is recorded is recorded, however its child ends: slowly, it is killed because its record is final. And a child that
    // had to be killed while stopping leaves its job as a killed trainer does.
    const isHarmless = relay.isFinished() || (error instanceof ChildFault && ends.stop.aborted);
    if (!isHarmless) return await recover(run, watched, error);
    run.log.warn({ err: error, [kind]: run.owner.id }, "the child process had to be killed");
  }
  if (relay.isFinished()) return "finished";
  if (ends.stop.aborted) return "stopped";
  throw new ChildFault("died", "The child process ended without a result.");
}

/** Says "lost" where another child may take over; any other error is the queue's to judge. */
async function recover({ log, owner }: ChildRun, { kind, relay, mayLose }: Watched, error: unknown): Promise<"lost"> {
  const mayGoOn = mayLose && error instanceof ChildFault && error.fault === "killed";
  if (!(await relay.mended?.(error)) && !mayGoOn) throw error;
  log.warn({ err: error, [kind]: owner.id }, "the child process was lost; another takes over");
  return "lost";
}

/** Whether a job is to stop because its trainer does. */
export const isShutdown = ({ reason }: AbortSignal): boolean =>
  reason instanceof JobStopped && reason.why === "shutdown";

/** A trainer that shuts down asks its child to stop; a run that is cancelled, or is another worker's now, is killed. */
function endsOf(signal: AbortSignal) {
  const [stop, kill, over] = [new AbortController(), new AbortController(), new AbortController()];
  const end = () => {
    (isShutdown(signal) ? stop : kill).abort(signal.reason);
  };
  signal.addEventListener("abort", end, { once: true, signal: over.signal });
  if (signal.aborted) end();
  return { stop: stop.signal, kill: kill.signal, over: over.signal, [Symbol.dispose]: () => over.abort() };
}
