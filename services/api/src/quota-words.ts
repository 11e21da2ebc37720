// What is said of quotas: in headers while there is something left, and in a sentence with the remedy when there is not.
import { Problem } from "@ursa/contracts/problem";
import { QUOTAS, type QuotaName } from "@ursa/contracts/usage";
import type { LimitState } from "@ursa/http/limit-headers";

type Standing = { quota: QuotaName; limit: number; used: number; now: number };
export type Refusal = Standing & { namespace: string; wanted: number };

/** Seconds after which to look again whether something was given back. */
const LOOK_AGAIN_S = { jobs: 30, stored: 60, recount: 30 } as const;
const DAY_MS = 24 * 3600_000;

const windowOf = (quota: QuotaName): number | undefined => {
  const { windowSeconds }: { unit: string; windowSeconds?: number } = QUOTAS[quota];
  return windowSeconds;
};

/** When it is counted anew: at midnight, UTC. Undefined where it is given back instead, or goes by the minute. */
export function resetOf(quota: QuotaName, now: number): Date | undefined {
  return windowOf(quota) === DAY_MS / 1000 ? new Date((Math.floor(now / DAY_MS) + 1) * DAY_MS) : undefined;
}

const secondsUntil = (time: Date | undefined, now: number): number | undefined =>
  time && Math.ceil((time.getTime() - now) / 1000);

export const stateOf = ({ quota, limit, used, now }: Standing): LimitState => ({
  name: quota,
  limit,
  remaining: limit - used,
  unit: QUOTAS[quota].unit,
  windowSeconds: windowOf(quota),
  resetSeconds: secondsUntil(resetOf(quota, now), now),
});

export function refusal(refused: Refusal): Problem {
  const { quota, limit, used, wanted, now } = refused;
  const reset = resetOf(quota, now);
  const resets = reset ? { resetsAt: reset.toISOString() } : {};
  const retryAfterSeconds =
    secondsUntil(reset, now) ?? (quota === "stored-mb" ? LOOK_AGAIN_S.stored : LOOK_AGAIN_S.jobs);
  const extra = { quota, limit, used: round(used), ...(wanted > 0 ? { wanted: round(wanted) } : {}), ...resets };
  return new Problem("quota_exceeded", sentenceOf(refused, resets.resetsAt), {
    extra: { ...extra, retryAfterSeconds },
  });
}

export const recounting = (namespace: string): Problem =>
  new Problem(
    "queue_unavailable",
    `What ${namespace} has in use is being counted again, as after Redis has lost its data: try again in half a minute.`,
    { extra: { retryAfterSeconds: LOOK_AGAIN_S.recount } },
  );

function sentenceOf({ namespace, quota, limit, used, wanted }: Refusal, resetsAt = ""): string {
  const [has, asks, may] = [used, wanted, limit].map((value) => round(value).toLocaleString("en"));
  if (quota === "jobs")
    return `${namespace} has ${has} jobs that have not ended, asks for ${asks} more and may have ${may} at once: wait until some have ended, or cancel some.`;
  if (quota === "urls-per-day")
    return `${namespace} has had ${has} URLs fetched today, asks for ${asks} more and may have ${may} a day: list fewer, or try again after ${resetsAt}.`;
  if (quota === "training-minutes-per-day")
    return `${namespace} has trained for ${has} minutes today and may train for ${may} a day: what runs goes on, and more may begin after ${resetsAt}.`;
  const more = wanted > 0 ? `asks for ${asks} MB more ` : "";
  return `${namespace} has stored ${has} MB, ${more}and may store ${may} MB: delete datasets, models and predictions that nobody needs, and have an operator collect garbage (ursa gc), which is counted within minutes.`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
