// Downloads pictures from anywhere on the internet, and from nowhere else.
import { setTimeout as sleep } from "node:timers/promises";

import { createAddressGuard } from "./address-guard.ts";
import { asFetchFailure } from "./classify-error.ts";
import type { FetchFailure, FetchOutcome } from "./fetch-failure.ts";
import { followRedirects } from "./follow-redirects.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import { createHostLimiter } from "./host-limiter.ts";
import { createNameResolver, type Lookup } from "./name-resolver.ts";
import { retryDelayMs } from "./retry-policy.ts";

export type FetcherOptions = {
  /** Says who asks and where to complain, such as `Ursa/1.0 (+https://example.org/bot)`. */
  userAgent: string;
  /** Requests at once, in all and per host. */
  concurrency?: number;
  perHost?: number;
  connectTimeoutMs?: number;
  headersTimeoutMs?: number;
  /** Between two chunks of a body. */
  idleTimeoutMs?: number;
  /** For one attempt, redirects included, waiting for a place excluded. */
  totalTimeoutMs?: number;
  maxBytes?: number;
  maxRedirects?: number;
  /** Further attempts after the first, for what may pass: 408, 425, 429, 5xx, broken connections, timeouts. */
  retries?: number;
  /** Places beyond the public internet, each an address or narrow range with its port: `127.0.0.1:8123`. */
  allow?: string[];
  /** Told how each attempt ended, those that are followed by another included. */
  onAttempt?: (outcome: FetchOutcome | "ok") => void;
  /** Instead of DNS, for tests. */
  lookup?: Lookup;
};

export type FetchResult =
  | { ok: true; bytes: Uint8Array; finalUrl: string; attempts: number; milliseconds: number }
  | {
      ok: false;
      outcome: FetchOutcome;
      /** For the person who listed the URL. */
      reason: string;
      status?: number;
      attempts: number;
      milliseconds: number;
    };

export interface Fetcher extends AsyncDisposable {
  /** Never throws for what the other side does. @throws the signal's reason, or an Error once the fetcher is closed */
  fetch(url: string, signal: AbortSignal): Promise<FetchResult>;
  /** Ends every request; what is running rejects. */
  close(): Promise<void>;
}

const DEFAULTS = {
  concurrency: 64,
  // What browsers hold open to one host over HTTP/1.1.
  perHost: 6,
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  totalTimeoutMs: 30_000,
  maxBytes: 20_000_000,
  maxRedirects: 5,
  retries: 2,
};

/** @throws Error for an `allow` entry that is not an address or a narrow range with a port */
export function createFetcher(options: FetcherOptions): Fetcher {
  const settings = { ...DEFAULTS, ...options };
  const guard = createAddressGuard(options.allow);
  const resolver = createNameResolver({ lookup: options.lookup });
  const limiter = createHostLimiter({ total: settings.concurrency, perHost: settings.perHost });
  const dispatcher = createGuardedAgent({ guard, resolver, ...settings });
  const closing = new AbortController();

  async function attempt(
    url: string,
    signal: AbortSignal,
  ): Promise<{ bytes: Uint8Array; finalUrl: string } | FetchFailure> {
    try {
      return await followRedirects(url, { guard, resolver, limiter, dispatcher, settings }, signal);
    } catch (error) {
      signal.throwIfAborted();
      return asFetchFailure(error);
    }
  }

  async function close(): Promise<void> {
    closing.abort(new Error("this fetcher is closed; create another one to fetch more"));
    await dispatcher.destroy();
  }

  return {
    async fetch(url, signal) {
      const either = AbortSignal.any([signal, closing.signal]);
      const started = performance.now();
      for (let attempts = 1; ; attempts++) {
        either.throwIfAborted();
        const result = await attempt(url, either);
        options.onAttempt?.("bytes" in result ? "ok" : result.outcome);
        const milliseconds = Math.round(performance.now() - started);
        if ("bytes" in result) return { ok: true, ...result, attempts, milliseconds };
        const delayMs = retryDelayMs(result, { attempts, retries: settings.retries });
        if (delayMs === undefined) return { ok: false, ...describe(result), attempts, milliseconds };
        await sleep(delayMs, undefined, { signal: either }).catch(() => either.throwIfAborted());
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function describe({ outcome, reason, status }: FetchFailure) {
  return { outcome, reason, ...(status === undefined ? {} : { status }) };
}
