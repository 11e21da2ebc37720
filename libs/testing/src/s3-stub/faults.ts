// Faults a test orders in advance; each request takes the first that matches and is not used up.
import { seededRandom } from "../seeded-random.ts";

export type FaultMatch = {
  method?: string;
  /** The key begins so; requests for a bucket have the key "". */
  keyPrefix?: string;
  /** The key contains this, such as "/checkpoints/". */
  keyPart?: string;
  /** The raw query contains this, such as "uploadId=" or "list-type=2". */
  query?: string;
};

export type FaultKind =
  /** Answer this instead of serving, such as 503 SlowDown or 409 ConditionalRequestConflict. */
  | { kind: "status"; status: number; code?: string }
  /** Take the request, never answer. */
  | { kind: "stall" }
  /** Answer the headers and this many bytes of the body, then nothing more, the connection left open. */
  | { kind: "stall-after-bytes"; bytes: number }
  /** Break the connection: after so many bytes of the answer's body, or for a PUT of the request's. */
  | { kind: "cut-after-bytes"; bytes: number }
  /** Serve the request, then break the connection instead of answering. */
  | { kind: "lose-answer" }
  /** Store only the beginning of the body and say that all is well, as a broken proxy does. */
  | { kind: "store-partial"; bytes: number }
  /** Answer the body at this pace. */
  | { kind: "slow"; bytesPerSecond: number };

/**
 * `times` is how many requests it strikes, by default one; `after` how many matching ones it first lets pass. With a `share`, from 0 to 1,
 * it strikes about so many of the matching ones until further notice, drawn with `seed`.
 */
export type Fault = FaultKind & { match?: FaultMatch; times?: number; after?: number; share?: number; seed?: number };

export type Faults = {
  add(fault: Fault): void;
  clear(): void;
  /** The fault for this request, counted as used. */
  take(request: { method: string; key: string; query: string }): FaultKind | undefined;
  /** Requests that met a fault so far. */
  readonly struck: number;
};

type Pending = { fault: Fault; passes: number; left: number; strikes(): boolean };

export function createFaults(): Faults {
  const pending: Pending[] = [];
  let struck = 0;
  return {
    add: (fault) => void pending.push(pend(fault)),
    clear: () => void pending.splice(0),
    take(request) {
      const matching = pending.filter(({ fault, left }) => left > 0 && matches(fault, request));
      const next = matching.find(({ passes, strikes }) => passes === 0 && strikes());
      for (const entry of matching) entry.passes = Math.max(0, entry.passes - 1);
      if (next === undefined) return undefined;
      next.left -= 1;
      struck += 1;
      return next.fault;
    },
    get struck() {
      return struck;
    },
  };
}

function pend(fault: Fault): Pending {
  const { share, seed = 1, after: passes = 0, times = share === undefined ? 1 : Number.POSITIVE_INFINITY } = fault;
  const random = seededRandom("s3 fault", fault.kind, seed);
  return { fault, passes, left: times, strikes: () => share === undefined || random.chance(share) };
}

function matches(
  { match = {} }: Fault,
  { method, key, query }: { method: string; key: string; query: string },
): boolean {
  const isOfMethod = match.method === undefined || match.method === method;
  const isOfKey = key.startsWith(match.keyPrefix ?? "") && key.includes(match.keyPart ?? "");
  return isOfMethod && isOfKey && query.includes(match.query ?? "");
}
