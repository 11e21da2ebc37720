// A model in memory that several callers use at once: retired, it is closed when the last of them is done, never before.

/** A classifier, or what explains one. `bytes`: what it takes in memory, about. */
export type Closable = { readonly bytes: number; close(): Promise<void> };

export interface LeasedModel<M extends Closable> {
  readonly version: string;
  readonly bytes: number;
  use<T>(work: (model: M) => Promise<T>): Promise<T>;
  /** No new users are expected. Resolves when the model has been closed. */
  retire(): Promise<void>;
}

export function leaseModel<M extends Closable>(model: M, version: string): LeasedModel<M> {
  let users = 0;
  let isRetired = false;
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  // Whoever retires the model hears of a failure to close it; nobody has to.
  closed.catch(() => {});
  const closeWhenIdle = () => {
    if (isRetired && users === 0) model.close().then(resolve, reject);
  };
  return {
    version,
    bytes: model.bytes,
    async use(work) {
      users += 1;
      try {
        return await work(model);
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
