// A model in memory that several callers use at once: retired, it is closed when the last of them is done, never before.
import type { Classifier } from "@ursa/classifier/predict";

export interface LeasedModel {
  readonly version: string;
  readonly bytes: number;
  use<T>(work: (classifier: Classifier) => Promise<T>): Promise<T>;
  /** No new users are expected. Resolves when the model has been closed. */
  retire(): Promise<void>;
}

export function leaseModel(classifier: Classifier, version: string): LeasedModel {
  let users = 0;
  let isRetired = false;
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  // Whoever retires the model hears of a failure to close it; nobody has to.
  closed.catch(() => {});
  const closeWhenIdle = () => {
    if (isRetired && users === 0) classifier.close().then(resolve, reject);
  };
  return {
    version,
    bytes: classifier.bytes,
    async use(work) {
      users += 1;
      try {
        return await work(classifier);
      } finally {
        users -= 1;
        closeWhenIdle();
      }
    },
    retire() {
      if (isRetired) return closed;
      isRetired = true;
      closeWhenIdle();
      return closed;
    },
  };
}
