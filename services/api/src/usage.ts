// What the caller's namespace has used, and how often its key has asked.
import type { CountRequest } from "@ursa/http/authenticate";
import type { Handlers } from "@ursa/http/server";
import type { RateLimit } from "@ursa/queue/rate-limit";
import type { Metrics } from "@ursa/service/metrics";
import type { Dependencies } from "./dependencies.ts";
import type { LimitsOf } from "./quota-limits.ts";

export function usageHandlers({ quotas }: Dependencies): Handlers {
  return { getUsage: async ({ request }) => quotas.usage(request) };
}

type Parts = { rateLimit: RateLimit; limitsOf: LimitsOf; metrics: Pick<Metrics, "quotaRefusals"> };

/** Counts the requests of each key. The installation's own is never kept out; while Redis is away nobody is, and nothing is counted. */
export function createRequestCount({ rateLimit, limitsOf, metrics }: Parts): CountRequest {
  return async ({ keyId, namespace, isInstallation }) => {
    const name = "requests-per-minute";
    const limit = limitsOf(namespace)[name];
    if (limit === undefined || keyId === undefined || isInstallation) return undefined;
    const counted = await rateLimit.tryTake(`key/${keyId}`, keyId, limit);
    if (!counted) return undefined;
    if (counted.retryAfterSeconds > 0) metrics.quotaRefusals.inc({ quota: name });
    return { name, limit, windowSeconds: 60, ...counted };
  };
}
