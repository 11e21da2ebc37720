// All that counts what namespaces and keys use, on one connection to Redis.
import type { CountRequest } from "@ursa/http/authenticate";
import type { RedisConnection } from "@ursa/queue/connection";
import { createRateLimit, type RateLimit } from "@ursa/queue/rate-limit";
import { createUsageCounters, type UsageCounters } from "@ursa/queue/usage-counters";
import { type LimitsOf, limitsFrom, type Settings } from "./quota-limits.ts";
import { createQuotas, type QuotaParts, type Quotas } from "./quotas.ts";
import { createRequestCount } from "./usage.ts";

type Counting = {
  rateLimit: RateLimit;
  usage: UsageCounters;
  quotas: Quotas;
  limitsOf: LimitsOf;
  countRequest: CountRequest;
};
type Given = Pick<QuotaParts, "store" | "metrics" | "now"> & { connection: RedisConnection; settings: Settings };

export function openQuotas({ connection, settings, ...parts }: Given): Counting {
  const [rateLimit, limitsOf] = [createRateLimit(connection), limitsFrom(settings)];
  const usage = createUsageCounters(connection, parts.now);
  const quotas = createQuotas({ ...parts, counters: usage, limitsOf });
  return { rateLimit, usage, quotas, limitsOf, countRequest: createRequestCount({ ...parts, rateLimit, limitsOf }) };
}
