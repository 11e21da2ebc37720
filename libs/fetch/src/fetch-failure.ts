// Why a URL did not yield bytes, in terms of the closed set of outcomes, and whether asking again could help.
import type { Outcome } from "@ursa/contracts/outcomes";

export type FetchOutcome = Extract<
  Outcome,
  | "bad_scheme"
  | "blocked_address"
  | "dns_error"
  | "timeout"
  | "http_4xx"
  | "http_5xx"
  | "too_large"
  | "not_an_image"
  | "too_many_redirects"
  | "connection_error"
>;

export type FailureDetails = {
  /** HTTP status, when there was an answer. */
  status?: number;
  /** Whether a later attempt may end differently: no, once more, or as often as the fetcher's `retries` says. */
  retry?: "never" | "once" | "yes";
  /** What the server asked for in Retry-After. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
};

/** `reason` is shown to whoever listed the URL: it never says what an address that was refused would have answered. */
export class FetchFailure extends Error {
  override name = "FetchFailure";
  readonly outcome: FetchOutcome;
  readonly reason: string;
  readonly status: number | undefined;
  readonly retry: "never" | "once" | "yes";
  readonly retryAfterMs: number | undefined;

  constructor(outcome: FetchOutcome, reason: string, details: FailureDetails = {}) {
    super(`${outcome}: ${reason}`, { cause: details.cause });
    this.outcome = outcome;
    this.reason = reason;
    this.status = details.status;
    this.retry = details.retry ?? "never";
    this.retryAfterMs = details.retryAfterMs;
  }
}
