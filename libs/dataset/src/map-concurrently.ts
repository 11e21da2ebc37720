// Runs an async function over a list, so many at once, and keeps the order of the answers.

/**
 * The first failure aborts the signal the others were given, waits for them to end, and is thrown: nothing runs on behind
 * the caller's back.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  { limit, signal }: { limit: number; signal: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const queue = items.entries();
  const runner = async () => {
    for (const [index, item] of queue) {
      either.throwIfAborted();
      results[index] = await work(item, either);
    }
  };
  const runners = Array.from({ length: Math.min(limit, items.length) }, async () => {
    try {
      await runner();
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(runners);
  await Promise.all(runners);
  return results;
}
