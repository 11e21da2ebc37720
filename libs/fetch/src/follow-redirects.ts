// One attempt at a URL: every hop is checked, resolved and put in line again as if it had been listed itself.
import { isIP } from "node:net";

import type { Dispatcher } from "undici";

import { type AddressGuard, bareHost } from "./address-guard.ts";
import { FetchFailure } from "./fetch-failure.ts";
import type { HostLimiter } from "./host-limiter.ts";
import type { NameResolver } from "./name-resolver.ts";
import { type Answer, type RequestLimits, requestOnce } from "./request-once.ts";
import { untilAborted } from "./until-aborted.ts";

export type Means = {
  guard: AddressGuard;
  resolver: NameResolver;
  limiter: HostLimiter;
  dispatcher: Dispatcher;
  settings: RequestLimits & { userAgent: string; maxRedirects: number; totalTimeoutMs: number };
};

/** @throws FetchFailure, the signal's reason, or what undici throws */
export async function followRedirects(
  listed: string,
  means: Means,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; finalUrl: string }> {
  const { guard, settings } = means;
  let url = guard.checkUrl(listed);
  let leftMs = settings.totalTimeoutMs;
  for (let redirects = 0; redirects <= settings.maxRedirects; redirects++) {
    const hop = await makeHop({ url, leftMs }, means, signal);
    if ("bytes" in hop.answer) return { bytes: hop.answer.bytes, finalUrl: url.href };
    leftMs -= hop.milliseconds;
    url = redirected(url, hop.answer, guard);
  }
  throw new FetchFailure("too_many_redirects", `more than ${settings.maxRedirects} redirects`);
}

type Hop = { url: URL; leftMs: number };

async function makeHop({ url, leftMs }: Hop, { resolver, limiter, dispatcher, settings }: Means, signal: AbortSignal) {
  const host = bareHost(url);
  // Before taking a place in line: dead names are many and slow, and must not hold places that live hosts could use.
  if (isIP(host) === 0) await untilAborted(resolver.resolve(host), signal);
  using _place = await limiter.acquire(url.host, signal);
  const started = performance.now();
  const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)));
  const context = { dispatcher, userAgent: settings.userAgent, limits: settings };
  try {
    const answer = await requestOnce(url, context, AbortSignal.any([signal, deadline]));
    return { answer, milliseconds: performance.now() - started };
  } catch (error) {
    if (!deadline.aborted || signal.aborted || error instanceof FetchFailure) throw error;
    const reason = `not finished within ${settings.totalTimeoutMs} ms`;
    // What trickles for that long trickles again: asking twice more would hold a place for minutes.
    throw new FetchFailure("timeout", reason, { cause: error, retry: "never" });
  }
}

function redirected(from: URL, { location, status }: Extract<Answer, { location: string }>, guard: AddressGuard): URL {
  const target = URL.parse(location, from.href);
  if (!target) throw new FetchFailure("bad_scheme", "redirected to something that is not a URL", { status });
  if (from.protocol === "https:" && target.protocol === "http:") {
    const reason = "redirected from https: to http:, which is not followed; list the http: URL itself if that is meant";
    throw new FetchFailure("bad_scheme", reason, { status });
  }
  return guard.checkUrl(target);
}
