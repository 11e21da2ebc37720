// What each message of a training child leads to: record first, then tell those who watch.
import { type Catalog, FenceLost } from "@ursa/catalog/catalog";
import type { CheckpointPointer, EngineName, Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Progress } from "@ursa/contracts/record";
import type { Events } from "@ursa/queue/progress";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import type { ChildMessage } from "./child-messages.ts";
import type { LiveTraining } from "./live-training.ts";
import { droppedCheckpoints, withCheckpoint, withEpoch, withFinder, withStage } from "./record-moves.ts";
import { type BatchInUse, halveBatch, isOutOfMemory, withSmallerBatch } from "./smaller-batch.ts";

export type RelayDeps = {
  engine: EngineName;
  store: ObjectStore;
  catalog: Catalog;
  events: Events;
  log: Logger;
  metrics: Metrics;
  live: LiveTraining;
};
type Run = RelayDeps & { owner: { namespace: string; id: string }; fence: number };

export interface Relay {
  /** @throws FenceLost when the record is another worker's or has ended; Problem with what the child failed of */
  onMessage(message: ChildMessage): Promise<void>;
  /** Whether nothing is left to do: a result, or a failure for good, is in the record. */
  isFinished(): boolean;
  /** Left out: nothing is done about how the child ended. @returns whether that was mended, so that another one does better */
  mended?(error: unknown): Promise<boolean>;
}

export function createRelay(run: Run): Relay {
  let isFinished = false;
  let batchInUse: BatchInUse | undefined;
  return {
    isFinished: () => isFinished,
    async mended(error) {
      if (!isOutOfMemory(error)) return false;
      await recordSmallerBatch(run, batchInUse, error);
      return true;
    },
    async onMessage(message) {
      if (message.type === "progress") await report(run, message.progress);
      if (message.type === "log") await say(run, message.message);
      if (message.type === "batch") batchInUse = message;
      if (message.type === "epoch") await recordEpoch(run, message);
      if (message.type === "checkpoint") await recordCheckpoint(run, message);
      if (message.type === "checkpoint-stored") countStored(run, message);
      if (message.type === "checkpoint-failed") run.metrics.checkpointFailures.inc({ reason: message.reason });
      if (message.type === "found") await recordFinder(run, message);
      if (message.type === "stage") await recordStage(run, message);
      if (message.type === "superseded") throw new FenceLost(message.message);
      if (message.type === "finished") isFinished = await recordEnd(run);
      if (message.type === "failed") isFinished = await recordFailure(run, message);
    },
  };
}

async function report({ events, owner, live }: Run, progress: Progress): Promise<void> {
  const { phase, done, total, ...details } = progress;
  live.progressed(progress);
  await events.reportProgress(owner, phase, "0", done, total, details);
}

async function say({ events, owner, log }: Run, message: string): Promise<void> {
  log.info({ model: owner.id }, message);
  await events.publish(owner, { type: "log", message });
}

async function recordEpoch(run: Run, { row, checkpoint, trainCount }: ChildMessage & { type: "epoch" }): Promise<void> {
  const { catalog, owner, fence, metrics, live, events } = run;
  const before = await catalog.get("model", owner.namespace, owner.id);
  const after = await catalog.update("model", owner, (model) => withEpoch(model, row, checkpoint), { fence });
  const device = run.engine === "native-gpu" ? "gpu" : "cpu";
  live.endedEpoch(row);
  metrics.trainEpochDuration.observe({ device }, row.seconds);
  metrics.trainImages.inc({ phase: "train", device }, trainCount);
  metrics.trainImages.inc({ phase: "valid", device }, row.validCount);
  await events.publish(owner, { type: "epoch", row });
  await forget(run, droppedCheckpoints(before, after));
}

async function recordCheckpoint(run: Run, { checkpoint }: ChildMessage & { type: "checkpoint" }): Promise<void> {
  const { catalog, owner, fence } = run;
  const before = await catalog.get("model", owner.namespace, owner.id);
  const after = await catalog.update("model", owner, (model) => withCheckpoint(model, checkpoint), { fence });
  await forget(run, droppedCheckpoints(before, after));
}

function countStored({ metrics }: Run, { bytes, seconds }: ChildMessage & { type: "checkpoint-stored" }): void {
  metrics.checkpointWrite.observe(seconds);
  metrics.checkpointBytes.observe(bytes);
}

async function recordFinder(run: Run, { finder }: ChildMessage & { type: "found" }): Promise<void> {
  const { catalog, owner, fence } = run;
  const before = await catalog.get("model", owner.namespace, owner.id);
  const after = await catalog.update("model", owner, (model) => withFinder(model, finder), { fence });
  await forget(run, droppedCheckpoints(before, after));
}

async function recordStage(run: Run, { stage, artifacts }: ChildMessage & { type: "stage" }): Promise<void> {
  const { catalog, owner, fence } = run;
  await catalog.update("model", owner, (model) => withStage(model, stage, artifacts), { fence });
  await say(run, `${stage.name} is done and saved.`);
}

/** Remembers that a batch did not fit, and says so. @throws Problem out_of_memory when there is no smaller one */
async function recordSmallerBatch(run: Run, inUse: BatchInUse | undefined, cause: Problem): Promise<void> {
  const { catalog, owner, fence } = run;
  const smaller = halveBatch(inUse, cause);
  const before = await catalog.get("model", owner.namespace, owner.id);
  const after = await catalog.update("model", owner, (model) => withSmallerBatch(model, smaller), { fence });
  await say(run, smaller.note);
  await forget(run, droppedCheckpoints(before, after));
}

/** Checkpoints that no pointer names any more are only space: failing to delete one costs nothing else. */
async function forget({ store, log }: Run, dropped: readonly CheckpointPointer[]): Promise<void> {
  for (const { key } of dropped) {
    await store.delete(key).catch((err: unknown) => log.warn({ err, key }, "could not delete an old checkpoint"));
  }
}

async function recordEnd(run: Run): Promise<true> {
  await end(run, (model) => ({ ...model, state: "ready" }));
  return true;
}

/** Trained again from the same seed it would diverge again, so that is for good; anything else is the queue's to judge. */
async function recordFailure(run: Run, { code, message }: ChildMessage & { type: "failed" }): Promise<true> {
  if (code !== "training_diverged") throw new Problem(code, message);
  await end(run, (model) => ({ ...model, state: "failed", error: { code, message } }));
  return true;
}

async function end({ catalog, owner, fence, events }: Run, change: (model: Model) => Model): Promise<void> {
  const { state, error } = await catalog.update("model", owner, change, { fence });
  await events.publish(owner, { type: "state", state, ...(error ? { error } : {}) });
}
