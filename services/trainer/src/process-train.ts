// The `train` job: takes the record, lets a child process train, and records what it reports. Only this process writes the
// record, because it holds the lock and learns of cancellation: the child's own writes are immutable objects under its fence.
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import { JobStopped } from "@ursa/queue/job-outcome";
import type { Held, JobContext } from "@ursa/queue/run-job";
import { createRelay, type RelayDeps, recordSmallerBatch } from "./relay.ts";
import { ChildFault, type ChildLimits, runChild } from "./run-child.ts";
import { type BatchInUse, isOutOfMemory } from "./smaller-batch.ts";
import { watchRecord } from "./watch-record.ts";
import { makeWorkFolder } from "./work-dir.ts";

export type TrainDeps = RelayDeps & { workDir: string; limits: ChildLimits };
type Payload = PayloadOf<"train">;
type Run = TrainDeps & { owner: { namespace: string; id: string }; fence: number };

export const ENTRY = new URL("./training-child.ts", import.meta.url);

/**
 * Run twice is run once: a model that has ended is left as it is. A trainer that stops hands the job back, and the next one
 * continues after the last batch.
 */
export function createTrainProcess(deps: TrainDeps) {
  return async ({ namespace, id }: Payload, context: JobContext): Promise<void> => {
    const owner = { namespace, id };
    for (let lost = 0; ; lost += 1) {
      const { fence } = await deps.catalog.take("model", owner);
      context.holdFence(fence);
      const run: Run = { ...deps, owner, fence };
      if (lost === 0) await run.events.publish(owner, { type: "state", state: "running" });
      const ending = await train(run, { signal: context.signal, mayLose: lost < MOST_LOST });
      if (ending === "finished") return;
      if (ending === "stopped") return await giveBack(run, context);
    }
  };
}

/**
 * Children that end for reasons outside them, killed or out of memory, are replaced so often within one attempt of the job:
 * as often as the queue replaces a trainer that is lost.
 */
export const MOST_LOST = 10;

async function giveBack({ catalog, events, owner, fence }: Run, context: JobContext): Promise<never> {
  await catalog.update("model", owner, (model) => ({ ...model, state: "queued" }), { fence });
  await events.publish(owner, { type: "state", state: "queued" });
  return await context.handBack();
}

/** Writes into the record why there will be no model. */
export function createTrainEnding({ catalog, events }: Pick<TrainDeps, "catalog" | "events">) {
  return async ({ namespace, id }: Payload, error: RecordError, held: Held): Promise<void> => {
    const owner = { namespace, id };
    if (isFinal((await catalog.get("model", namespace, id)).state)) return;
    await catalog.update("model", owner, (model) => ({ ...model, state: "failed", error }), held);
    await events.publish(owner, { type: "state", state: "failed", error });
  };
}

type Watched = { signal: AbortSignal; mayLose: boolean };

async function train(run: Run, { signal, mayLose }: Watched): Promise<"finished" | "stopped" | "lost"> {
  using ends = endsOf(signal);
  const lost = watchRecord(run, ends.over);
  await using folder = await makeWorkFolder(run.workDir);
  using _live = { [Symbol.dispose]: () => run.live.clear() };
  const relay = createRelay(run);
  try {
    await runChild({
      entry: ENTRY,
      start: { owner: run.owner, fence: run.fence, workDir: folder.path, engine: run.engine },
      limits: run.limits,
      stop: ends.stop,
      kill: AbortSignal.any([ends.kill, lost]),
      onMessage: relay.onMessage,
    });
  } catch (error) {
    // What is recorded is recorded, however its child ends: slowly, it is killed because its record is final. And a child that
    // had to be killed while stopping leaves its job as a killed trainer does.
    const isHarmless = relay.isFinished() || (error instanceof ChildFault && ends.stop.aborted);
    if (!isHarmless) return await recover(run, { error, mayLose, inUse: relay.batchInUse() });
    run.log.warn({ err: error, model: run.owner.id }, "the training process had to be killed");
  }
  if (relay.isFinished()) return "finished";
  if (ends.stop.aborted) return "stopped";
  throw new ChildFault("died", "The training process ended without a result.");
}

type Ended = { error: unknown; mayLose: boolean; inUse: BatchInUse | undefined };

/** Says "lost" where another child may take over; any other error is the queue's to judge. */
async function recover(run: Run, { error, mayLose, inUse }: Ended): Promise<"lost"> {
  if (isOutOfMemory(error)) await recordSmallerBatch(run, inUse, error);
  else if (!mayLose || !(error instanceof ChildFault && error.fault === "killed")) throw error;
  run.log.warn({ err: error, model: run.owner.id }, "the training process was lost; another takes over");
  return "lost";
}

/** A trainer that shuts down asks its child to stop; a run that is cancelled, or is another worker's now, is killed. */
export function endsOf(signal: AbortSignal) {
  const [stop, kill, over] = [new AbortController(), new AbortController(), new AbortController()];
  const end = () => {
    const isPolite = signal.reason instanceof JobStopped && signal.reason.why === "shutdown";
    (isPolite ? stop : kill).abort(signal.reason);
  };
  signal.addEventListener("abort", end, { once: true, signal: over.signal });
  if (signal.aborted) end();
  return { stop: stop.signal, kill: kill.signal, over: over.signal, [Symbol.dispose]: () => over.abort() };
}
