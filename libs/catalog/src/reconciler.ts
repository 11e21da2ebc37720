// Re-enqueues what a record says is unfinished and Redis does not have: after a crash between record and job, or a lost Redis.
// Several may run at once: whoever raises `enqueued` by compare-and-swap enqueues, the others skip.
import { setTimeout as delay } from "node:timers/promises";
import type { JobKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { Producer } from "@ursa/queue/producer";
import type { UsageCounters } from "@ursa/queue/usage-counters";
import type { Logger } from "@ursa/service/logger";
import { advanceSweep } from "./advance-sweep.ts";
import type { Catalog, Unfinished } from "./catalog.ts";
import type { Notifier } from "./notifier.ts";

export type ReconcilerOptions = {
  catalog: Catalog;
  producer: Producer;
  /** Told what is unfinished, where jobs are counted. */
  usage?: Pick<UsageCounters, "confirmedJobs" | "correctJobs">;
  log: Logger;
  signal: AbortSignal;
  intervalMs?: number;
  /** A record younger than this, or changed less long ago, is left alone: its job may be on its way. */
  graceMs?: number;
  /** Tells webhooks what a crash, or a Redis that was away, kept from them. */
  notifier?: Pick<Notifier, "makeUp">;
};

const INTERVAL_MS = 30_000;
const GRACE_MS = 10_000;
/** A record whose jobs ended this often without ending it will not end by itself. Jobs that were lost with Redis do not count. */
export const MAX_ENDINGS = 5;
/** The index, which may have missed a record while Redis was away, is filled at the first pass and then every ten minutes. */
const PASSES_PER_UPKEEP = 20;

/** Runs until `signal` aborts. @returns the running loop, which never rejects */
export async function startReconciler(options: ReconcilerOptions): Promise<void> {
  const { catalog, log, signal, notifier, intervalMs = INTERVAL_MS } = options;
  for (let pass = 0; !signal.aborted; pass += 1) {
    const isUpkeepDue = pass % PASSES_PER_UPKEEP === 0;
    const work = reconcile(options)
      .then(() => notifier?.makeUp(signal))
      .then(() => (isUpkeepDue ? upkeep(catalog) : undefined));
    await work.catch((error) => {
      if (!signal.aborted) log.warn({ err: error }, "reconciling was cut short; it goes on at the next pass");
    });
    // Jitter, so that replicas do not all look in the same moment.
    await delay(intervalMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}

/** Completes the index and sweeps up. */
export async function upkeep(catalog: Catalog): Promise<void> {
  await catalog.rebuildIndex();
  await catalog.tidy();
}

/**
 * One pass. Throws Problem queue_unavailable before it changes anything, and what the store throws.
 * @returns ids of the records that it enqueued
 */
export async function reconcile(options: Omit<ReconcilerOptions, "intervalMs" | "notifier">): Promise<string[]> {
  const { catalog, usage, signal, graceMs = GRACE_MS } = options;
  const enqueued: string[] = [];
  const before = await usage?.confirmedJobs();
  const seen = new Map<string, string[]>();
  for await (const unfinished of catalog.unfinished()) {
    signal.throwIfAborted();
    note(seen, unfinished);
    if (Date.now() - Date.parse(unfinished.record.updatedAt) < graceMs) continue;
    const { id } = unfinished.record;
    const isEnqueued = await makeUpFor(options, unfinished).catch((error) => tellFailure(options, id, error));
    if (isEnqueued) enqueued.push(id);
  }
  if (before) await usage?.correctJobs(before, seen);
  return enqueued;
}

/** A sweep is no job; its runs are. */
function note(seen: Map<string, string[]>, { kind, record: { namespace, id } }: Unfinished): void {
  if (kind === "sweep") return;
  const ids = seen.get(namespace) ?? [];
  ids.push(id);
  seen.set(namespace, ids);
}

/** A sweep has no job of its own: its runs are made, or cancelled, where that was cut short. */
async function makeUpFor(options: Enqueuer, unfinished: Unfinished): Promise<boolean> {
  if (unfinished.kind === "sweep") {
    await advanceSweep(options, unfinished.record);
    return false;
  }
  if (await options.producer.isQueued(unfinished.kind, unfinished.record)) return false;
  return enqueueAnew(options, unfinished);
}

/** One record that cannot be enqueued must not keep the others from it; a Redis that is away keeps all of them. */
function tellFailure({ log }: Pick<ReconcilerOptions, "log">, id: string, error: unknown): false {
  if (error instanceof Problem && error.code === "queue_unavailable") throw error;
  log.error({ err: error, id }, "record could not be enqueued again");
  return false;
}

type WithJob = Extract<Unfinished, { kind: JobKind }>;
type Enqueuer = Pick<ReconcilerOptions, "catalog" | "producer" | "log">;

async function enqueueAnew({ catalog, producer, log }: Enqueuer, unfinished: WithJob): Promise<boolean> {
  const { kind, record } = unfinished;
  const ended = await producer.countEnded(kind, record);
  if (ended >= MAX_ENDINGS) {
    const message = `Its job ended ${ended} times without ending it; the workers' logs say why.`;
    await catalog.update(kind, record, (current) =>
      isStill(record, current) ? { ...current, state: "failed", error: { code: "worker_failed", message } } : current,
    );
    log.error({ id: record.id, ended }, "record given up: its jobs ended without ending it");
    return false;
  }
  const won = await raiseEnqueued(catalog, unfinished);
  if (!won) return false;
  await enqueue(producer, won);
  log.warn({ id: record.id, enqueued: won.record.enqueued }, "record had no job and was enqueued again");
  return true;
}

/** The record with `enqueued` raised, or undefined when it ended or someone else raised it. */
async function raiseEnqueued(catalog: Catalog, { kind, record }: WithJob): Promise<WithJob | undefined> {
  let isOurs = false;
  const raised = await catalog.update(kind, record, (current) => {
    isOurs = isStill(record, current);
    return isOurs ? { ...current, enqueued: current.enqueued + 1 } : current;
  });
  // The update of a kind gives a record of that kind.
  return isOurs ? ({ kind, record: raised } as WithJob) : undefined;
}

type Counted = Pick<WithJob["record"], "enqueued" | "state">;

const isStill = (seen: Counted, current: Counted): boolean =>
  current.enqueued === seen.enqueued && !isFinal(current.state);

function enqueue(producer: Producer, { kind, record }: WithJob): Promise<void> {
  if (kind === "dataset") return producer.enqueueDataset(record);
  if (kind === "model") return producer.enqueueModel(record);
  if (kind === "prediction") return producer.enqueuePrediction(record);
  if (kind === "regression") return producer.enqueueRegression(record);
  if (kind === "inspection") return producer.enqueueInspection(record);
  return producer.enqueueEvaluation(record);
}
