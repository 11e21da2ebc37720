// Who may ask now: so many requests in all, so many per host, and hosts take turns, so that a long list for one slow host
// does not delay the others.

export interface HostLimiter {
  /** Waits for a place; dispose of it to give it back. @throws the signal's reason */
  acquire(host: string, signal: AbortSignal): Promise<Disposable>;
}

type Line = { active: number; waiting: (() => void)[] };

export function createHostLimiter({ total, perHost }: { total: number; perHost: number }): HostLimiter {
  // In the order in which hosts are served next; a host with nothing active and nobody waiting is not in it.
  const lines = new Map<string, Line>();
  let active = 0;

  function release(host: string, line: Line): void {
    active--;
    line.active--;
    if (line.active === 0 && line.waiting.length === 0) lines.delete(host);
    admit();
  }

  function admit(): void {
    for (const [host, line] of lines) {
      if (active >= total) return;
      if (line.active >= perHost) continue;
      const enter = line.waiting.shift();
      if (!enter) continue;
      active++;
      line.active++;
      enter();
      // To the back of the queue; the loop meets it again there while places last.
      lines.delete(host);
      lines.set(host, line);
    }
  }

  return {
    async acquire(host, signal) {
      signal.throwIfAborted();
      const line = lines.get(host) ?? { active: 0, waiting: [] };
      lines.set(host, line);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const leave = () => {
        const at = line.waiting.indexOf(resolve);
        if (at < 0) return;
        line.waiting.splice(at, 1);
        if (line.active === 0 && line.waiting.length === 0) lines.delete(host);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      line.waiting.push(resolve);
      admit();
      await promise.finally(() => signal.removeEventListener("abort", leave));
      return { [Symbol.dispose]: () => release(host, line) };
    },
  };
}
