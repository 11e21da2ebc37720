// Reads numbered things in order while the next few are on their way: the store answers slowly, but many at once.

const AHEAD = 8;

/** Yields read(0) … read(count - 1) in order. The first failure ends it. */
export async function* readAhead<T>(
  count: number,
  read: (index: number) => Promise<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const pending: Promise<T>[] = [];
  for (let index = 0; index < count; index++) {
    while (pending.length < AHEAD && index + pending.length < count) {
      const next = read(index + pending.length);
      // Its failure is met when its turn comes; until then it must not count as unhandled.
      next.catch(() => {});
      pending.push(next);
    }
    signal.throwIfAborted();
    const current = pending.shift();
    if (current) yield await current;
  }
}
