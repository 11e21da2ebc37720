// What namespaces have used, counted in Redis, so that all replicas count together. Only a count: jobs are corrected by whoever reads the
// records, bytes by whoever lists the store, and what a day has used so far is forgotten with Redis.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type RedisConnection, whileReachable } from "./connection.ts";
import { GIVE_URLS, HOLD_BYTES, NOTE_TRAINING, TAKE_JOBS, TAKE_URLS } from "./usage-scripts.ts";
import { within } from "./within.ts";

type Owner = { namespace: string; id: string };
/** `used` is what is counted then; where it was too much, without what was asked for. `unknown`: nothing has counted it yet. */
export type Counted = { outcome: "taken" | "refused" | "unknown"; used: number };
/** Undefined: as much as they like; it is counted all the same. */
export type Limit = number | undefined;

/** Methods throw Problem queue_unavailable, in under a second when Redis is away. */
export interface UsageCounters {
  /** Counts records as unfinished; those that are counted already stay so. */
  takeJobs(namespace: string, ids: readonly string[], limit: Limit): Promise<Counted>;
  giveJobs(namespace: string, ids: readonly string[]): Promise<void>;
  /** The record is there: from now on it counts for as long as `correctJobs` is told of it. */
  confirmJob(owner: Owner): Promise<void>;
  /** What `correctJobs` wants to be given back; ask before the records are read. */
  confirmedJobs(): Promise<ConfirmedJobs>;
  /** Counts what is unfinished and was not counted, and no more what was counted before and has ended. */
  correctJobs(before: ConfirmedJobs, unfinished: ReadonlyMap<string, readonly string[]>): Promise<void>;
  /** Once for each record and day. @param day such as 2026-11-30 */
  takeUrls(owner: Owner & { day: string }, count: number, limit: Limit): Promise<Counted>;
  giveUrls(owner: Owner & { day: string }): Promise<void>;
  /** Whether `bytes` more may be stored; they count until they are kept or given back. With 0, whether the limit is kept now. */
  holdBytes(namespace: string, bytes: number, limit: Limit): Promise<Counted & { token: string }>;
  /** They are stored: `bytes` count until the next measurement that begins after this. */
  keepBytes(namespace: string, token: string, bytes: number): Promise<void>;
  giveBytes(namespace: string, token: string): Promise<void>;
  /** Something was deleted or made: worth measuring anew. */
  noteChange(namespace: string): Promise<void>;
  /**
   * Measures by `measure`, unless that was done lately, or is being done.
   * @returns whether it was measured
   */
  remeasure(namespace: string, measure: () => Promise<number>): Promise<boolean>;
  look(namespace: string, day: string): Promise<Looked>;
}
export type ConfirmedJobs = ReadonlyMap<string, readonly string[]>;
export type Looked = { jobs: number; urls: number; trainingMs: number; storedBytes?: number; storedAt?: Date };

const NAMESPACES = "ursa:usage:namespaces";
const RECOUNTED = "ursa:usage:recounted";
const jobsOf = (namespace: string) => `ursa:usage:jobs:${namespace}`;
const urlsOf = ({ namespace, day }: { namespace: string; day: string }) => `ursa:usage:urls:${namespace}:${day}`;
const trainingOf = ({ namespace, day }: { namespace: string; day: string }) =>
  `ursa:usage:training:${namespace}:${day}`;
const storedOf = (namespace: string) => `ursa:usage:stored:${namespace}`;
const measuringOf = (namespace: string) => `ursa:usage:measuring:${namespace}`;

const NOTED_WITHIN_MS = 1000;
/** Seconds. A day, and as long again for clocks that differ and runs that end late. */
const DAY_KEPT_S = 2 * 24 * 3600;
/** A creation that was counted and has no record after this long died before it wrote one. */
const CREATED_WITHIN_MS = 15 * 60_000;
/** No request takes longer (libs/http). */
const HELD_WITHIN_MS = 4 * 3600_000;
/** What is measured is listed object by object: at most a twentieth of the time goes into it. */
const MEASURED = { atLeastMs: 60_000, atMostMs: 600_000, timesItTook: 20 } as const;
const MEASURING_S = 1800;

const countedSchema = z.tuple([z.literal([-1, 0, 1]), z.number()]);
const OUTCOMES = { "-1": "unknown", "0": "refused", "1": "taken" } as const;

function parseCounted(reply: unknown): Counted {
  const [outcome, used] = countedSchema.parse(reply);
  return { outcome: OUTCOMES[outcome], used };
}

/** The day, in UTC, of a time in Unix milliseconds: 2026-11-30. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Said by a worker when a record's last job has ended, and when a record is cancelled. */
export async function finishJob({ redis }: RedisConnection, { namespace, id }: Owner): Promise<void> {
  await redis.multi().zrem(jobsOf(namespace), id).hset(storedOf(namespace), "changedAt", Date.now()).exec();
}

/** `milliseconds` are all that this run, which holds `fence`, has had on `day`. */
export type TrainingTime = Owner & { day: string; fence: number; milliseconds: number };

/** Never rejects, and waits for no Redis that is away: what is said later says this too. */
export async function noteTraining({ redis }: RedisConnection, run: TrainingTime): Promise<void> {
  if (redis.status !== "ready") return;
  const { id, fence, milliseconds } = run;
  const noted = redis.eval(NOTE_TRAINING, 1, trainingOf(run), id, fence, Math.round(milliseconds), DAY_KEPT_S);
  await within(NOTED_WITHIN_MS, noted).catch(() => {});
}

export function createUsageCounters(connection: RedisConnection, now: () => number = Date.now): UsageCounters {
  const { redis } = connection;
  const reach = <T>(work: () => Promise<T>) => whileReachable(connection, work);
  return {
    takeJobs: async (namespace, ids, limit = -1) => {
      const keys = [jobsOf(namespace), NAMESPACES, RECOUNTED];
      return parseCounted(await reach(() => redis.eval(TAKE_JOBS, 3, ...keys, limit, now(), namespace, ...ids)));
    },
    giveJobs: async (namespace, ids) => void (await reach(() => redis.zrem(jobsOf(namespace), ...ids))),
    confirmJob: async ({ namespace, id }) => void (await reach(() => redis.zadd(jobsOf(namespace), "XX", 0, id))),
    confirmedJobs: () => reach(() => readConfirmed(connection)),
    correctJobs: (before, unfinished) => reach(() => correct(connection, { before, unfinished, now: now() })),
    takeUrls: async (owner, count, limit = -1) =>
      parseCounted(await reach(() => redis.eval(TAKE_URLS, 1, urlsOf(owner), limit, owner.id, count, DAY_KEPT_S))),
    giveUrls: async (owner) => void (await reach(() => redis.eval(GIVE_URLS, 1, urlsOf(owner), owner.id))),
    async holdBytes(namespace, bytes, limit = -1) {
      const token = `${now()}-${randomUUID()}`;
      const reply = await reach(() => redis.eval(HOLD_BYTES, 1, storedOf(namespace), limit, token, bytes));
      return { ...parseCounted(reply), token };
    },
    keepBytes: async (namespace, token, bytes) => {
      const key = storedOf(namespace);
      await reach(() => redis.multi().hdel(key, `held:${token}`).hset(key, `kept:${token}`, bytes).exec());
    },
    giveBytes: async (namespace, token) => void (await reach(() => redis.hdel(storedOf(namespace), `held:${token}`))),
    noteChange: async (namespace) => void (await reach(() => redis.hset(storedOf(namespace), "changedAt", now()))),
    remeasure: (namespace, measure) => remeasure(connection, { namespace, measure, now }),
    look: (namespace, day) => reach(() => lookAt(connection, namespace, day)),
  };
}

async function readConfirmed({ redis }: RedisConnection): Promise<ConfirmedJobs> {
  const confirmed = new Map<string, string[]>();
  for (const namespace of await redis.smembers(NAMESPACES))
    confirmed.set(namespace, await redis.zrangebyscore(jobsOf(namespace), 0, 0));
  return confirmed;
}

type Correction = { before: ConfirmedJobs; unfinished: ReadonlyMap<string, readonly string[]>; now: number };

async function correct({ redis }: RedisConnection, { before, unfinished, now }: Correction): Promise<void> {
  for (const namespace of new Set([...before.keys(), ...unfinished.keys()])) {
    const [there, key] = [new Set(unfinished.get(namespace)), jobsOf(namespace)];
    const ended = (before.get(namespace) ?? []).filter((id) => !there.has(id));
    const work = redis.multi().sadd(NAMESPACES, namespace);
    // Whatever was counted since the records were read stays.
    if (ended.length > 0) work.zrem(key, ...ended);
    work.zremrangebyscore(key, 1, now - CREATED_WITHIN_MS);
    if (there.size > 0) work.zadd(key, ...[...there].flatMap((id) => [0, id]));
    await work.exec();
  }
  await redis.set(RECOUNTED, now);
}

const storedSchema = z.record(z.string(), z.coerce.number());

type Measuring = { namespace: string; measure: () => Promise<number>; now: () => number };

async function remeasure(connection: RedisConnection, { namespace, measure, now }: Measuring): Promise<boolean> {
  const { redis } = connection;
  const [key, lease, startedAt] = [storedOf(namespace), measuringOf(namespace), now()];
  const before = storedSchema.parse(await whileReachable(connection, () => redis.hgetall(key)));
  if (!isDue(before, startedAt)) return false;
  if ((await redis.set(lease, startedAt, "EX", MEASURING_S, "NX")) === null) return false;
  try {
    const bytes = await measure();
    const counted = Object.keys(before).filter((field) => isCountedBy(field, startedAt));
    const work = redis.multi().hset(key, { measured: bytes, measuredAt: startedAt, took: now() - startedAt });
    if (counted.length > 0) work.hdel(key, ...counted);
    await work.exec();
    return true;
  } finally {
    await redis.del(lease);
  }
}

function isDue({ measuredAt = 0, took = 0, changedAt = 0 }: Record<string, number>, now: number): boolean {
  const rested = now - measuredAt >= Math.max(MEASURED.atLeastMs, MEASURED.timesItTook * took);
  return rested && (changedAt >= measuredAt || now - measuredAt >= MEASURED.atMostMs);
}

/** What was stored before the listing began is in it; what is still held after hours belongs to nobody. */
function isCountedBy(field: string, startedAt: number): boolean {
  const since = Number(/^held:(\d+)-/.exec(field)?.[1] ?? Number.NaN);
  return field.startsWith("kept:") || startedAt - since > HELD_WITHIN_MS;
}

const totalsSchema = z.tuple([z.int(), z.coerce.number(), z.coerce.number(), storedSchema]);

async function lookAt({ redis }: RedisConnection, namespace: string, day: string): Promise<Looked> {
  const place = { namespace, day };
  const [jobs, urls, trainingMs, stored] = totalsSchema.parse(
    await Promise.all([
      redis.zcard(jobsOf(namespace)),
      redis.hget(urlsOf(place), "total"),
      redis.hget(trainingOf(place), "total"),
      redis.hgetall(storedOf(namespace)),
    ]),
  );
  const { measured, measuredAt } = stored;
  if (measured === undefined || measuredAt === undefined) return { jobs, urls, trainingMs };
  const since = Object.entries(stored).filter(([field]) => /^(held|kept):/.test(field));
  const storedBytes = since.reduce((sum, [, bytes]) => sum + bytes, measured);
  return { jobs, urls, trainingMs, storedBytes, storedAt: new Date(measuredAt) };
}
