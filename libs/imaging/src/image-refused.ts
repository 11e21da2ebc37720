// The one error that says a picture, rather than this program, is at fault.
import type { Outcome } from "@ursa/contracts/outcomes";

export type ImageOutcome = Extract<
  Outcome,
  | "too_many_pixels"
  | "not_an_image"
  | "corrupt_image"
  | "too_small"
  | "unsupported_format"
  | "decoder_crashed"
  | "timeout"
>;

/** Thrown for bytes that cannot become a picture; `reason` is written for the person who listed the URL. */
export class ImageRefused extends Error {
  readonly outcome: ImageOutcome;
  readonly reason: string;

  constructor(outcome: ImageOutcome, reason: string, options?: ErrorOptions) {
    super(`${outcome}: ${reason}`, options);
    this.name = "ImageRefused";
    this.outcome = outcome;
    this.reason = reason;
  }
}
