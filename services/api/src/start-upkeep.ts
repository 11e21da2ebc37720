// What the API does beside answering: makes up for lost jobs, and counts again what namespaces have in use.
import { type MeasureOptions, startMeasuring } from "@ursa/catalog/measure-stored";
import { type ReconcilerOptions, startReconciler } from "@ursa/catalog/reconciler";
import type { UsageCounters } from "@ursa/queue/usage-counters";
import type { LimitsOf } from "./quota-limits.ts";

type Upkeep = Pick<ReconcilerOptions, "catalog" | "producer" | "notifier" | "log" | "signal"> &
  Pick<MeasureOptions, "store"> & { usage: UsageCounters; limitsOf: LimitsOf };

/** Both go on until `signal` aborts, and never reject. */
export function startUpkeep({ store, limitsOf, ...upkeep }: Upkeep): void {
  const { usage, log, signal } = upkeep;
  const isLimited = (namespace: string) => limitsOf(namespace)["stored-mb"] !== undefined;
  void startReconciler(upkeep);
  void startMeasuring({ store, counters: usage, isLimited, log, signal });
}
