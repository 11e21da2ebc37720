// An object store whose requests are timed and whose failures are counted. What it answers is the store's own.
import { ChecksumMismatch, type ObjectStore, StoreUnavailable } from "./object-store.ts";

const OPERATIONS = ["put", "get", "stream", "head", "list", "delete"] as const;
type Operation = (typeof OPERATIONS)[number];
/** The part of the service's metrics that is about storage. */
export type StorageMetrics = {
  storageDuration: { observe(labels: { op: Operation }, seconds: number): void };
  storageErrors: { inc(labels: { op: Operation; code: string }, by?: number): void };
};

const FAULTS = [StoreUnavailable, ChecksumMismatch];

/** A stream's time ends when it can be read. A listing's is what the store took, without what its reader did in between. */
export function observedStore(store: ObjectStore, metrics: StorageMetrics): ObjectStore {
  startAtZero(metrics);
  const observe = <T>(op: Operation, work: () => Promise<T>) => observed(metrics, op, work);
  return {
    ...store,
    put: (key, body, options) => observe("put", () => store.put(key, body, options)),
    get: (key, range) => observe("get", () => store.get(key, range)),
    stream: (key, range) => observe("stream", () => store.stream(key, range)),
    head: (key) => observe("head", () => store.head(key)),
    delete: (key) => observe("delete", () => store.delete(key)),
    list: (prefix, options) => observedList(store.list(prefix, options), metrics),
  };
}

/** A counter that begins with its first count looks to Prometheus as if nothing had been added. */
function startAtZero({ storageErrors }: StorageMetrics): void {
  for (const op of OPERATIONS) for (const code of FAULTS) storageErrors.inc({ op, code: code.name }, 0);
}

async function observed<T>(metrics: StorageMetrics, op: Operation, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } catch (error) {
    count(metrics, op, error);
    throw error;
  } finally {
    metrics.storageDuration.observe({ op }, (performance.now() - started) / 1000);
  }
}

async function* observedList<T>(objects: AsyncIterable<T>, metrics: StorageMetrics): AsyncGenerator<T> {
  let milliseconds = 0;
  let asked = performance.now();
  try {
    for await (const object of objects) {
      milliseconds += performance.now() - asked;
      yield object;
      asked = performance.now();
    }
    milliseconds += performance.now() - asked;
  } catch (error) {
    count(metrics, "list", error);
    throw error;
  } finally {
    metrics.storageDuration.observe({ op: "list" }, milliseconds / 1000);
  }
}

/**
 * Only what is the store's fault: "it is not there" and "someone else was faster" are answers, and a body that breaks off is its
 * sender's.
 */
function count({ storageErrors }: StorageMetrics, op: Operation, error: unknown): void {
  const fault = FAULTS.find((one) => error instanceof one);
  if (fault) storageErrors.inc({ op, code: fault.name });
}
