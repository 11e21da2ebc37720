// Keeps what was read lately, up to a number of bytes; the least recently used leaves first.

export function createByteCache(maxBytes: number): {
  /** What `key` holds, from memory or from `read`; two callers at once share one read. A failed one is not kept. */
  get(key: string, read: () => Promise<Uint8Array>): Promise<Uint8Array>;
} {
  // A Map keeps the order of insertion, so its first key is the least recently used.
  const kept = new Map<string, Uint8Array>();
  const loading = new Map<string, Promise<Uint8Array>>();
  let bytes = 0;

  function keep(key: string, value: Uint8Array): void {
    kept.set(key, value);
    bytes += value.byteLength;
    for (const [oldest, { byteLength }] of kept) {
      if (bytes <= maxBytes) return;
      kept.delete(oldest);
      bytes -= byteLength;
    }
  }

  async function load(key: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const value = await read();
    keep(key, value);
    return value;
  }

  return {
    async get(key, read) {
      const found = kept.get(key);
      if (found) {
        kept.delete(key);
        kept.set(key, found);
        return found;
      }
      const pending = loading.get(key) ?? load(key, read).finally(() => loading.delete(key));
      loading.set(key, pending);
      return pending;
    },
  };
}
