// How much each namespace has stored, by listing it: in the background, where it is limited, and not for each request.
import { setTimeout as delay } from "node:timers/promises";
import type { UsageCounters } from "@ursa/queue/usage-counters";
import type { Logger } from "@ursa/service/logger";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { listNamespaces } from "./namespaces.ts";

export type MeasureOptions = {
  store: ObjectStore;
  counters: Pick<UsageCounters, "remeasure">;
  isLimited: (namespace: string) => boolean;
  log: Logger;
  signal: AbortSignal;
};

const INTERVAL_MS = 30_000;

/** Runs until `signal` aborts. @returns the running loop, which never rejects */
export async function startMeasuring(options: MeasureOptions): Promise<void> {
  const { log, signal } = options;
  while (!signal.aborted) {
    await measureAll(options).catch((error) => {
      if (!signal.aborted)
        log.warn({ err: error }, "what is stored was not counted; it is tried again in half a minute");
    });
    // Jitter, so that replicas do not all look in the same moment.
    await delay(INTERVAL_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}

/** One round: each namespace with a limit that was not measured lately. */
export async function measureAll({ store, counters, isLimited, signal }: Omit<MeasureOptions, "log">): Promise<void> {
  for await (const namespace of listNamespaces(store)) {
    signal.throwIfAborted();
    if (isLimited(namespace)) await counters.remeasure(namespace, () => measureStored(store, namespace, signal));
  }
}

/** Bytes of all objects of a namespace. */
export async function measureStored(store: ObjectStore, namespace: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { size } of store.list(keys.all(namespace))) {
    signal.throwIfAborted();
    bytes += size;
  }
  return bytes;
}

/** Whether nothing lies in the namespace, which costs no more than a look. */
export async function isEmpty(store: ObjectStore, namespace: string): Promise<boolean> {
  for await (const _ of store.list(keys.all(namespace))) return false;
  return true;
}
