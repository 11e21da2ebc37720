// Faults a test orders in advance; each request takes the first that matches and is not used up.
export type FaultMatch = {
  method?: string;
  /** The key begins so; requests for a bucket have the key "". */
  keyPrefix?: string;
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

/** `times` is how many requests it strikes, by default one; `after` how many matching ones it first lets pass. */
export type Fault = FaultKind & { match?: FaultMatch; times?: number; after?: number };

export type Faults = {
  add(fault: Fault): void;
  clear(): void;
  /** The fault for this request, counted as used. */
  take(request: { method: string; key: string; query: string }): FaultKind | undefined;
};

export function createFaults(): Faults {
  const pending: { fault: Fault; passes: number; left: number }[] = [];
  return {
    add: (fault) => void pending.push({ fault, passes: fault.after ?? 0, left: fault.times ?? 1 }),
    clear: () => void pending.splice(0),
    take({ method, key, query }) {
      const matching = pending.filter(({ fault: { match = {} }, left }) => {
        const isOfMethod = match.method === undefined || match.method === method;
        return left > 0 && isOfMethod && key.startsWith(match.keyPrefix ?? "") && query.includes(match.query ?? "");
      });
      const next = matching.find((entry) => entry.passes === 0);
      for (const entry of matching) entry.passes = Math.max(0, entry.passes - 1);
      if (next !== undefined) next.left -= 1;
      return next?.fault;
    },
  };
}
