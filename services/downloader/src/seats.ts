// Who may be sent to now: so many messages at once to one webhook, and to all of one namespace. Whoever finds no seat is put aside
// instead of waiting, so that receivers that are away or slow hold a few workers and never all of them.

/** Of the downloader's `NOTIFIED_AT_ONCE`. */
const MOST = { webhook: 2, namespace: 8 };

export type Seats = {
  /** Dispose of it to give it back. @returns undefined where all are taken */
  take(webhook: { namespace: string; id: string }): Disposable | undefined;
};

export function createSeats(most = MOST): Seats {
  const taken = new Map<string, number>();
  const add = (key: string, more: number) => {
    const count = (taken.get(key) ?? 0) + more;
    if (count > 0) taken.set(key, count);
    else taken.delete(key);
  };
  return {
    take({ id, namespace }) {
      const isFull = (taken.get(id) ?? 0) >= most.webhook || (taken.get(namespace) ?? 0) >= most.namespace;
      if (isFull) return undefined;
      for (const key of [id, namespace]) add(key, 1);
      return {
        [Symbol.dispose]() {
          for (const key of [id, namespace]) add(key, -1);
        },
      };
    },
  };
}
