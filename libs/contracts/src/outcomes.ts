// The closed set of what can become of one listed URL. Every URL ends in exactly one of these, in exactly one row.
import { z } from "zod";

export const OUTCOMES = [
  "ok",
  "duplicate",
  "label_conflict",
  "skipped",
  "removed",
  "bad_scheme",
  "blocked_address",
  "dns_error",
  "timeout",
  "http_4xx",
  "http_5xx",
  "too_large",
  "not_an_image",
  "corrupt_image",
  "too_many_pixels",
  "too_small",
  "unsupported_format",
  "too_many_redirects",
  "connection_error",
  "decoder_crashed",
  "worker_failed",
] as const;

export const outcomeSchema = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Outcomes that say the picture itself is unusable (or could not be had), as opposed to "we chose not to use it". */
export const FAILED_OUTCOMES: ReadonlySet<Outcome> = new Set(
  OUTCOMES.filter((outcome) => !["ok", "duplicate", "label_conflict", "skipped", "removed"].includes(outcome)),
);

/** What a list of items may be filtered by: one outcome, or `failed` for all of FAILED_OUTCOMES. */
export const itemOutcomeSchema = z.enum([...OUTCOMES, "failed"]);
export type ItemOutcome = z.infer<typeof itemOutcomeSchema>;
