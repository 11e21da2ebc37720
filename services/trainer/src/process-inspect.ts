// The `inspect` job: takes the record, lets a child process look at the dataset, and records what it found. It takes minutes at
// most, so whoever takes it next begins anew; only the result of the fence that is held is recorded.

import { FenceLost } from "@ursa/catalog/catalog";
import { Problem } from "@ursa/contracts/problem";
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import type { Held, JobContext } from "@ursa/queue/run-job";
import type { ChildMessage } from "./child-messages.ts";
import { ENTRY, endsOf, MOST_LOST, type TrainDeps } from "./process-train.ts";
import { ChildFault, runChild } from "./run-child.ts";
import { watchRecord } from "./watch-record.ts";
import { makeWorkFolder } from "./work-dir.ts";

type Payload = PayloadOf<"train">;
type Run = TrainDeps & { owner: { namespace: string; id: string }; fence: number };

/** Run twice is run once: an inspection that has ended is left as it is. */
export function createInspectProcess(deps: TrainDeps) {
  return async ({ namespace, id }: Payload, context: JobContext): Promise<void> => {
    const owner = { namespace, id };
    for (let lost = 0; ; lost += 1) {
      const { fence } = await deps.catalog.take("inspection", owner);
      context.holdFence(fence);
      if (lost === 0) await deps.events.publish(owner, { type: "state", state: "running" });
      const ending = await inspect({ ...deps, owner, fence }, { signal: context.signal, mayLose: lost < MOST_LOST });
      if (ending === "finished") return;
      if (ending === "stopped") return await giveBack({ ...deps, owner, fence }, context);
    }
  };
}

/** Writes into the record why there will be no result. */
export function createInspectEnding({ catalog, events }: Pick<TrainDeps, "catalog" | "events">) {
  return async ({ namespace, id }: Payload, error: RecordError, held: Held): Promise<void> => {
    const owner = { namespace, id };
    if (isFinal((await catalog.get("inspection", namespace, id)).state)) return;
    await catalog.update("inspection", owner, (current) => ({ ...current, state: "failed", error }), held);
    await events.publish(owner, { type: "state", state: "failed", error });
  };
}

async function giveBack({ catalog, events, owner, fence }: Run, context: JobContext): Promise<never> {
  await catalog.update("inspection", owner, (current) => ({ ...current, state: "queued" }), { fence });
  await events.publish(owner, { type: "state", state: "queued" });
  return await context.handBack();
}

type Watched = { signal: AbortSignal; mayLose: boolean };

async function inspect(run: Run, { signal, mayLose }: Watched): Promise<"finished" | "stopped" | "lost"> {
  using ends = endsOf(signal);
  const lost = watchRecord({ ...run, kind: "inspection" }, ends.over);
  await using folder = await makeWorkFolder(run.workDir);
  using _live = { [Symbol.dispose]: () => run.live.clear() };
  let isFinished = false;
  try {
    await runChild({
      entry: ENTRY,
      start: { owner: run.owner, fence: run.fence, workDir: folder.path, engine: run.engine },
      limits: run.limits,
      stop: ends.stop,
      kill: AbortSignal.any([ends.kill, lost]),
      onMessage: async (message) => {
        isFinished = (await act(run, message)) || isFinished;
      },
    });
  } catch (error) {
    const isHarmless = isFinished || (error instanceof ChildFault && ends.stop.aborted);
    if (!isHarmless) return judge(run, { error, mayLose });
  }
  if (isFinished) return "finished";
  if (ends.stop.aborted) return "stopped";
  throw new ChildFault("died", "The inspecting process ended without a result.");
}

/** Says "lost" where another child may take over; any other error is the queue's to judge. */
function judge({ log, owner }: Run, { error, mayLose }: { error: unknown; mayLose: boolean }): "lost" {
  if (!mayLose || !(error instanceof ChildFault && error.fault === "killed")) throw error;
  log.warn({ err: error, inspection: owner.id }, "the inspecting process was lost; another takes over");
  return "lost";
}

/** @returns whether the result is recorded. @throws FenceLost, Problem with what the child failed of */
async function act({ catalog, events, live, owner, fence }: Run, message: ChildMessage): Promise<boolean> {
  if (message.type === "superseded") throw new FenceLost(message.message);
  if (message.type === "failed") throw new Problem(message.code, message.message);
  if (message.type === "progress") {
    const { phase, done, total, ...details } = message.progress;
    live.progressed(message.progress);
    await events.reportProgress(owner, phase, "0", done, total, details);
  }
  if (message.type !== "inspected") return false;
  const { summary, result } = message;
  await catalog.update("inspection", owner, (current) => ({ ...current, summary, result, state: "ready" }), { fence });
  await events.publish(owner, { type: "state", state: "ready" });
  return true;
}
