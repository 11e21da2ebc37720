// What Ursa relies on, tried now: each finding says what to do about it.
import type { Finding } from "@ursa/contracts/operations";
import type { QueueControl } from "@ursa/queue/queue-control";
import type { RedisReport } from "@ursa/queue/redis-report";
import { redact } from "@ursa/service/redact";
import { type Space, spaceOfStore } from "@ursa/store/free-space";
import type { ObjectStore } from "@ursa/store/object-store";
import { probeStore, type StoreProbe } from "@ursa/store/probe-store";

export type CheckedParts = { queues: Pick<QueueControl, "report">; store: ObjectStore; storeUrl: string };

/** BullMQ's oldest. */
const OLDEST_REDIS = [6, 2];
const FULL_SHARE = 0.8;
/** Ages are compared across machines: records and garbage are told young from old within minutes. */
const SKEW_MS = { warning: 2000, fault: 60_000 };
const LITTLE_SPACE = { share: 0.1, bytes: 2 * 2 ** 30 };

/** Never throws: what cannot be asked is a finding too. */
export async function runChecks(parts: CheckedParts): Promise<Finding[]> {
  const groups = await Promise.all([
    attempt("redis", async () => redisFindings(await parts.queues.report()), START_REDIS),
    attempt("store", async () => storeFindings(await probeStore(parts.store)), MEND_STORE),
    attempt("disk", async () => spaceFindings(await spaceOfStore(parts.storeUrl)), MEND_STORE),
  ]);
  return groups.flat();
}

const START_REDIS = "Start Redis, or mend URSA_REDIS_URL of the API.";
const MEND_STORE =
  "See that the store runs and that URSA_STORE_URL and its keys are right; docs/store.md says what it must promise.";

async function attempt(check: string, look: () => Promise<Finding[]>, remedy: string): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const why = redact(error instanceof Error ? error.message : String(error));
    return [{ check, state: "fault", found: why, remedy }];
  }
}

/** @param remedy what to do where `isGood` is false */
type Judged = { check: string; isGood: boolean; found: string; remedy: string; otherwise?: "warning" | "fault" };

const judge = ({ check, isGood, found, remedy, otherwise = "fault" }: Judged): Finding =>
  isGood ? { check, state: "ok", found } : { check, state: otherwise, found, remedy };

export function redisFindings(report: RedisReport): Finding[] {
  const { version, policy, hasAppendOnlyFile, isWritingWell, usedBytes, maxBytes, clockAheadMs } = report;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNew = major > (OLDEST_REDIS[0] ?? 0) || (major === OLDEST_REDIS[0] && minor >= (OLDEST_REDIS[1] ?? 0));
  const share = maxBytes > 0 ? usedBytes / maxBytes : 0;
  return [
    judge({
      check: "redis version",
      isGood: isNew,
      found: `Redis is ${version}.`,
      remedy: `Use Redis ${OLDEST_REDIS.join(".")} or newer.`,
    }),
    judge({
      check: "redis policy",
      isGood: policy === "noeviction",
      found: `maxmemory-policy is ${policy ?? "not told"}.`,
      remedy: "Set maxmemory-policy noeviction: an evicted key is a lost job.",
    }),
    judge({
      check: "redis persistence",
      isGood: hasAppendOnlyFile !== false,
      otherwise: "warning",
      found: `The append-only file is ${hasAppendOnlyFile === undefined ? "not told of" : hasAppendOnlyFile ? "on" : "off"}.`,
      remedy:
        "Set appendonly yes; without it a restart of Redis loses its jobs, and each unfinished record begins its step again.",
    }),
    judge({
      check: "redis disk",
      isGood: isWritingWell,
      found: isWritingWell ? "Redis writes its files." : "Redis' last write to its disk failed.",
      remedy: "Give Redis space on its disk; its log says what failed.",
    }),
    judge({
      check: "redis memory",
      isGood: share < FULL_SHARE,
      otherwise: share < 1 ? "warning" : "fault",
      found: `${megabytes(usedBytes)} used ${maxBytes > 0 ? `of ${megabytes(maxBytes)}` : "and no limit set"}.`,
      remedy: "Raise maxmemory; a full Redis refuses new jobs.",
    }),
    clockFinding("redis clock", clockAheadMs),
  ];
}

export function storeFindings({ broken, clockAheadMs }: StoreProbe): Finding[] {
  const promises: Finding[] =
    broken.length === 0
      ? [{ check: "store promises", state: "ok", found: "Conditional writes and checksums are honoured." }]
      : broken.map((found) => ({ check: "store promises", state: "fault", found, remedy: OTHER_STORE }));
  // A store of whole seconds may be one behind.
  return clockAheadMs === undefined ? promises : [...promises, clockFinding("store clock", clockAheadMs)];
}

const OTHER_STORE = "Use a store that honours it (docs/store.md lists some), or a newer version of this one.";

function clockFinding(check: string, aheadMs: number): Finding {
  const off = Math.abs(aheadMs);
  return judge({
    check,
    isGood: off < SKEW_MS.warning,
    otherwise: off < SKEW_MS.fault ? "warning" : "fault",
    found: `Its clock is ${(off / 1000).toFixed(1)} s ${aheadMs < 0 ? "behind" : "ahead of"} the API's.`,
    remedy: "Set both clocks by NTP.",
  });
}

function spaceFindings(space: Space | undefined): Finding[] {
  if (!space) return [];
  const { folder, freeBytes, totalBytes } = space;
  return [
    judge({
      check: "disk",
      isGood: freeBytes > Math.min(LITTLE_SPACE.bytes, LITTLE_SPACE.share * totalBytes),
      found: `${megabytes(freeBytes)} free at ${folder}.`,
      remedy: "Make space: `ursa gc` shows what nothing needs any more.",
    }),
  ];
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString("en")} MB`;
