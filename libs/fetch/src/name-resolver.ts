// Names to addresses by DNS alone. Not by getaddrinfo: that holds one of four threads per slow name, adds a cluster's
// search domains to every name, and lets /etc/hosts say where a stranger's URL leads.
import { Resolver } from "node:dns/promises";

import { FetchFailure } from "./fetch-failure.ts";
import { createTurns } from "./turns.ts";
import { untilAborted } from "./until-aborted.ts";

export type Address = { address: string; family: number };
export type Lookup = (hostname: string) => Promise<Address[]>;

export interface NameResolver {
  /** All addresses of a name, at least one, unchecked. @throws FetchFailure `dns_error` */
  resolve(hostname: string): Promise<Address[]>;
}

export type NameResolverOptions = { lookup?: Lookup | undefined; timeoutMs?: number; now?: () => number };

// Four queries of 1.5 s: two servers, twice.
const TIMEOUT_MS = 6_000;
const QUERY = { timeout: 1_500, tries: 2 };
// A dead name stays dead for the rest of a shard; a live one is asked for again while its connections come and go.
const REMEMBER_FAILURE_MS = 60_000;
const REMEMBER_SUCCESS_MS = 30_000;
const MAX_REMEMBERED = 10_000;
// So many that a thousand dead names take seconds, so few that one process does not flood a home router.
const CONCURRENCY = 256;
// A resolver that answers "try again" gets one more chance before the name counts as dead.
const STRIKES = 2;

type Known = { until: number; addresses?: Address[]; failure?: FetchFailure; strikes: number };

export function createNameResolver(options: NameResolverOptions = {}): NameResolver {
  const { lookup = createDnsLookup(), timeoutMs = TIMEOUT_MS, now = Date.now } = options;
  const remembered = new Map<string, Known>();
  const asked = new Map<string, Promise<Address[]>>();
  const takeTurn = createTurns(CONCURRENCY);

  async function ask(hostname: string): Promise<Address[]> {
    using _turn = await takeTurn();
    try {
      const addresses = await untilAborted(lookup(hostname), AbortSignal.timeout(timeoutMs));
      if (addresses.length === 0) throw Object.assign(new Error("an empty answer"), { code: "ENODATA" });
      remember(hostname, { addresses, strikes: 0, until: now() + REMEMBER_SUCCESS_MS });
      return addresses;
    } catch (cause) {
      throw countFailure(hostname, cause);
    }
  }

  function countFailure(hostname: string, cause: unknown): FetchFailure {
    const isDenied = DENIALS.has(codeOf(cause));
    const strikes = isDenied ? STRIKES : (remembered.get(hostname)?.strikes ?? 0) + 1;
    const retry = strikes < STRIKES ? "once" : "never";
    const failure = new FetchFailure("dns_error", `the name ${hostname} could not be resolved`, { cause, retry });
    remember(hostname, { failure, strikes, until: now() + REMEMBER_FAILURE_MS });
    return failure;
  }

  function remember(hostname: string, known: Known): void {
    remembered.delete(hostname);
    const oldest = remembered.keys().next();
    if (remembered.size >= MAX_REMEMBERED && !oldest.done) remembered.delete(oldest.value);
    remembered.set(hostname, known);
  }

  return {
    async resolve(hostname) {
      const known = remembered.get(hostname);
      if (known && known.until <= now()) remembered.delete(hostname);
      else if (known?.addresses) return known.addresses;
      else if (known?.failure && known.strikes >= STRIKES) throw known.failure;
      const answer = asked.get(hostname) ?? ask(hostname).finally(() => asked.delete(hostname));
      asked.set(hostname, answer);
      return await answer;
    },
  };
}

// "There is no such name" and "it has no address": answers, unlike a server that failed or did not speak.
const DENIALS = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

function createDnsLookup(): Lookup {
  const dns = new Resolver(QUERY);
  return async (hostname) => {
    // RFC 6761: never asked of a server. Reachable where the configuration allows its address.
    if (/(?:^|\.)localhost\.?$/i.test(hostname)) return [{ address: "127.0.0.1", family: 4 }];
    const [ipv4, ipv6] = await Promise.allSettled([dns.resolve4(hostname), dns.resolve6(hostname)]);
    const addresses = [...listed(ipv4, 4), ...listed(ipv6, 6)];
    if (addresses.length === 0 && ipv4.status === "rejected") throw ipv4.reason;
    return addresses;
  };
}

function listed(answer: PromiseSettledResult<string[]>, family: number): Address[] {
  return answer.status === "fulfilled" ? answer.value.map((address) => ({ address, family })) : [];
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
