// Whether a namespace may have what it asks for. What is asked for is counted before anything is written, and given back where it comes to
// nothing, so that a refused request leaves nothing behind.
import { isEmpty } from "@ursa/catalog/measure-stored";
import type { RecordKind } from "@ursa/contracts/ids";
import { QUOTA_NAMES, type QuotaName, type Usage } from "@ursa/contracts/usage";
import type { RequestInfo } from "@ursa/http/handlers";
import { type Counted, dayOf, type UsageCounters } from "@ursa/queue/usage-counters";
import type { Metrics } from "@ursa/service/metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import type { LimitsOf } from "./quota-limits.ts";
import { recounting, refusal, resetOf, stateOf } from "./quota-words.ts";

type Owner = { namespace: string; id: string };
type Caller = Pick<RequestInfo, "namespace" | "limits">;

/** What one creation takes of its namespace's quotas. */
export type Admission = {
  /** @throws Problem quota_exceeded, queue_unavailable */
  enter(): Promise<void>;
  /** Records that will have a job of their own; the one that is created is counted by `enter`, unless it is a sweep. Throws as `enter`. */
  jobs(ids: readonly string[]): Promise<void>;
  /** URLs that will be fetched. Throws as `enter`. */
  urls(count: number): Promise<void>;
  /** Whether `urls` may refuse. */
  readonly limitsUrls: boolean;
  /** The record is written. Never rejects. */
  confirm(): Promise<void>;
  /** Nothing came of it. Never rejects. */
  undo(): Promise<void>;
};

export type Quotas = {
  admission(caller: Caller, kind: RecordKind, owner: Owner): Admission;
  /**
   * Runs `work`, which stores at most `bytes` and says how many it did.
   * @throws Problem quota_exceeded, queue_unavailable, and what `work` throws
   */
  storing<T>(caller: Caller, bytes: number, work: () => Promise<{ answer: T; stored: number }>): Promise<T>;
  /** Something was deleted: what is stored is worth counting again. Never rejects. */
  noteFreed(namespace: string): Promise<void>;
  usage(caller: Caller): Promise<Usage>;
};

export type QuotaParts = {
  store: ObjectStore;
  counters: UsageCounters;
  limitsOf: LimitsOf;
  metrics: Pick<Metrics, "quotaRefusals">;
  /** Unix milliseconds. */
  now?: (() => number) | undefined;
};
type Parts = QuotaParts & { now: () => number };

const MB = 1e6;
const MINUTE_MS = 60_000;
/** What a trainer is busy with for long. */
const TRAINS: readonly RecordKind[] = ["model", "sweep", "inspection"];

export function createQuotas({ now = Date.now, ...given }: QuotaParts): Quotas {
  const parts: Parts = { ...given, now };
  const { counters, metrics } = parts;
  for (const quota of QUOTA_NAMES) metrics.quotaRefusals.inc({ quota }, 0);
  return {
    admission: (caller, kind, owner) => admit(parts, caller, { kind, owner }),
    storing: (caller, bytes, work) => storing(parts, caller, { bytes, work }),
    noteFreed: (namespace) => counters.noteChange(namespace).catch(() => {}),
    usage: (caller) => usageOf(parts, caller),
  };
}

type Asked = { quota: QuotaName; limit: number | undefined; wanted: number; counted: Counted };

/** Tells the caller where it stands. @throws Problem quota_exceeded, queue_unavailable */
function judge({ metrics, now }: Parts, caller: Caller, { quota, limit, wanted, counted }: Asked): void {
  if (limit === undefined) return;
  if (counted.outcome === "unknown") throw recounting(caller.namespace);
  caller.limits.push(stateOf({ quota, limit, used: counted.used, now: now() }));
  if (counted.outcome === "taken") return;
  metrics.quotaRefusals.inc({ quota });
  throw refusal({ namespace: caller.namespace, quota, limit, used: counted.used, wanted, now: now() });
}

function admit(parts: Parts, caller: Caller, { kind, owner }: { kind: RecordKind; owner: Owner }): Admission {
  const { counters, limitsOf, now } = parts;
  const { namespace } = owner;
  const limits = limitsOf(namespace);
  // A request that goes on past midnight gives back to the day it took from.
  const place = { ...owner, day: dayOf(now()) };
  const takenJobs: string[] = [];
  let hasUrls = false;
  const jobs = async (ids: readonly string[]) => {
    const counted = await counters.takeJobs(namespace, ids, limits.jobs);
    judge(parts, caller, { quota: "jobs", limit: limits.jobs, wanted: ids.length, counted });
    takenJobs.push(...ids);
  };
  return {
    async enter() {
      await checkStored(parts, caller);
      if (TRAINS.includes(kind)) await checkTraining(parts, caller);
      if (kind !== "sweep") await jobs([owner.id]);
    },
    jobs,
    limitsUrls: limits["urls-per-day"] !== undefined,
    async urls(count) {
      if (count === 0) return;
      const limit = limits["urls-per-day"];
      const counted = await counters.takeUrls(place, count, limit);
      judge(parts, caller, { quota: "urls-per-day", limit, wanted: count, counted });
      hasUrls = true;
    },
    confirm: () => counters.confirmJob(owner).catch(() => {}),
    // What cannot be given back now is: a job's place by the reconciler, URLs at the end of the day.
    async undo() {
      if (takenJobs.length > 0) await counters.giveJobs(namespace, takenJobs).catch(() => {});
      if (hasUrls) await counters.giveUrls(place).catch(() => {});
    },
  };
}

/** What runs already goes on; nothing new begins once the day's minutes are used up. */
async function checkTraining(parts: Parts, caller: Caller): Promise<void> {
  const limit = parts.limitsOf(caller.namespace)["training-minutes-per-day"];
  if (limit === undefined) return;
  const { trainingMs } = await parts.counters.look(caller.namespace, dayOf(parts.now()));
  const used = trainingMs / MINUTE_MS;
  const outcome = used < limit ? "taken" : "refused";
  judge(parts, caller, { quota: "training-minutes-per-day", limit, wanted: 0, counted: { outcome, used } });
}

async function checkStored(parts: Parts, caller: Caller): Promise<void> {
  if (parts.limitsOf(caller.namespace)["stored-mb"] !== undefined) await holdBytes(parts, caller, 0);
}

/** @returns the token of what is held; see UsageCounters.holdBytes */
async function holdBytes(parts: Parts, caller: Caller, bytes: number): Promise<string> {
  const { counters, store, limitsOf } = parts;
  const { namespace } = caller;
  const limit = limitsOf(namespace)["stored-mb"];
  const hold = () => counters.holdBytes(namespace, bytes, limit === undefined ? undefined : limit * MB);
  let counted = await hold();
  // Nobody has looked yet at a namespace that is about to get its first object.
  if (counted.outcome === "unknown" && (await isEmpty(store, namespace))) {
    await counters.remeasure(namespace, async () => 0);
    counted = await hold();
  }
  const inMb = { ...counted, used: counted.used / MB };
  judge(parts, caller, { quota: "stored-mb", limit, wanted: bytes / MB, counted: inMb });
  return counted.token;
}

type Storing<T> = { bytes: number; work: () => Promise<{ answer: T; stored: number }> };

async function storing<T>(parts: Parts, caller: Caller, { bytes, work }: Storing<T>): Promise<T> {
  const { counters, limitsOf } = parts;
  const { namespace } = caller;
  if (limitsOf(namespace)["stored-mb"] === undefined) return (await work()).answer;
  const token = await holdBytes(parts, caller, bytes);
  try {
    const { answer, stored } = await work();
    // Else they stay held, as more than they are, until the next count.
    await counters.keepBytes(namespace, token, stored).catch(() => {});
    return answer;
  } catch (error) {
    await counters.giveBytes(namespace, token).catch(() => {});
    throw error;
  }
}

async function usageOf({ counters, limitsOf, now }: Parts, { namespace, limits: held }: Caller): Promise<Usage> {
  const limits = limitsOf(namespace);
  const looked = await counters.look(namespace, dayOf(now()));
  const rate = held.find(({ name }) => name === "requests-per-minute");
  const resetOfRate = rate?.resetSeconds === undefined ? undefined : new Date(now() + rate.resetSeconds * 1000);
  const asked = rate?.remaining === undefined ? undefined : rate.limit - rate.remaining;
  const used: Record<QuotaName, number | undefined> = {
    jobs: looked.jobs,
    "urls-per-day": looked.urls,
    "training-minutes-per-day": looked.trainingMs / MINUTE_MS,
    "stored-mb": looked.storedBytes === undefined ? undefined : looked.storedBytes / MB,
    "requests-per-minute": asked,
  };
  const quotas = QUOTA_NAMES.map((quota) => {
    const reset = quota === "requests-per-minute" ? resetOfRate : resetOf(quota, now());
    return {
      quota,
      ...(used[quota] === undefined ? {} : { used: used[quota] }),
      ...(limits[quota] === undefined ? {} : { limit: limits[quota] }),
      ...(reset ? { resetsAt: reset.toISOString() } : {}),
      ...(quota === "stored-mb" && looked.storedAt ? { countedAt: looked.storedAt.toISOString() } : {}),
    };
  });
  return { namespace, quotas };
}
