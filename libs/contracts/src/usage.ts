// What a namespace may use and has used. A quota's name says its unit, and is that of the setting: `urls-per-day` is URSA_QUOTA_URLS_PER_DAY.
import { z } from "zod";
import { namespaceSchema } from "./ids.ts";

const DAY_S = 24 * 3600;

/** `windowSeconds` after which it begins anew; without, what is counted is what there is at the moment. docs/quotas.md says what counts. */
export const QUOTAS = {
  jobs: { unit: "jobs" },
  "urls-per-day": { unit: "urls", windowSeconds: DAY_S },
  "training-minutes-per-day": { unit: "minutes", windowSeconds: DAY_S },
  /** 10^6 bytes. */
  "stored-mb": { unit: "megabytes" },
  "requests-per-minute": { unit: "requests", windowSeconds: 60 },
} as const satisfies Record<string, { unit: string; windowSeconds?: number }>;

export type QuotaName = keyof typeof QUOTAS;
// Object.keys of a const object yields exactly its keys.
export const QUOTA_NAMES = Object.keys(QUOTAS) as [QuotaName, ...QuotaName[]];
export const quotaNameSchema = z.enum(QUOTA_NAMES);

export const quotaUsageSchema = z.object({
  quota: quotaNameSchema,
  /** Left out where it is not known: `stored-mb` is counted where it is limited, and a while after that began. */
  used: z.number().nonnegative().optional(),
  /** Left out where there is none. */
  limit: z.number().nonnegative().optional(),
  /** When `used` begins anew at 0. */
  resetsAt: z.iso.datetime().optional(),
  /** Of `stored-mb`: when it was last looked up; uploads since are counted in. */
  countedAt: z.iso.datetime().optional(),
});
export type QuotaUsage = z.infer<typeof quotaUsageSchema>;

export const usageSchema = z.object({ namespace: namespaceSchema, quotas: z.array(quotaUsageSchema) });
export type Usage = z.infer<typeof usageSchema>;
