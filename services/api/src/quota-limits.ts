// How much a namespace may use, as the environment says: for all alike, and for some otherwise.
import { namespaceSchema } from "@ursa/contracts/ids";
import { QUOTA_NAMES, type QuotaName, quotaNameSchema } from "@ursa/contracts/usage";

export type Limits = Partial<Record<QuotaName, number>>;
export type LimitsOf = (namespace: string) => Limits;
type Override = { namespace: string; quota: QuotaName; limit: number | undefined };
/** The API's configuration, of which only what begins with URSA_QUOTA_ is looked at. */
export type Settings = Readonly<Record<string, unknown>> & { URSA_QUOTA_OVERRIDES?: string | undefined };

/** @returns undefined for a text that is not `namespace.quota=number` or `=off`, separated by commas */
export function parseOverrides(text: string): Override[] | undefined {
  const parsed = text.split(",").map((entry) => {
    const [, namespace, name, value = ""] = /^\s*([^.\s]+)\.([^=\s]+)=(off|\d{1,15})\s*$/.exec(entry) ?? [];
    const quota = quotaNameSchema.safeParse(name);
    if (!namespaceSchema.safeParse(namespace).success || namespace === undefined || !quota.success) return undefined;
    return { namespace, quota: quota.data, limit: value === "off" ? undefined : Number(value) };
  });
  return parsed.every((each) => each !== undefined) ? parsed : undefined;
}

/** The setting of a quota that is for every namespace: URSA_QUOTA_URLS_PER_DAY. */
const settingOf = (quota: QuotaName) => `URSA_QUOTA_${quota.toUpperCase().replaceAll("-", "_")}`;

export function limitsFrom(settings: Settings): LimitsOf {
  const usual: Limits = {};
  for (const quota of QUOTA_NAMES) {
    const limit = settings[settingOf(quota)];
    if (typeof limit === "number") usual[quota] = limit;
  }
  const overrides = settings.URSA_QUOTA_OVERRIDES ? (parseOverrides(settings.URSA_QUOTA_OVERRIDES) ?? []) : [];
  return (namespace) => {
    const limits = { ...usual };
    for (const { quota, limit } of overrides.filter((each) => each.namespace === namespace)) {
      if (limit === undefined) delete limits[quota];
      else limits[quota] = limit;
    }
    return limits;
  };
}
