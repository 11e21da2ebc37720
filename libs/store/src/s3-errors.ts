// What S3's errors mean: which a retry may mend, and what they are to a user of the store.
import { ChecksumMismatch, InvalidKey, ObjectNotFound, PreconditionFailed, StoreUnavailable } from "./object-store.ts";

/** What was being done, for error messages; `bytes` is the length of the body that is sent. */
export type Task = { doing: string; key: string; bytes?: number };

/** Codes of S3 that say "again, please"; the last ones mean that the bytes were damaged on their way. */
const TRANSIENT_CODES = new Set([
  "ConditionalRequestConflict",
  "OperationAborted",
  "InternalError",
  "ServiceUnavailable",
  "SlowDown",
  "RequestTimeout",
  "BadDigest",
  "IncompleteBody",
  "XAmzContentChecksumMismatch",
  "XAmzContentSHA256Mismatch",
]);
const ABSENT_CODES = new Set(["NoSuchKey", "NotFound"]);
/** The answers of an HTTP server or proxy in trouble. */
const TRANSIENT_STATUSES = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

export class TransientStatus extends Error {
  override name = "TransientStatus";
  constructor(status: number) {
    super(`The store answered ${status}`);
  }
  static isOne(status: number): boolean {
    return TRANSIENT_STATUSES.has(status);
  }
}

/** The code of an S3 error ("NoSuchKey") or of a network error ("ECONNREFUSED"). */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export function isPreconditionFailed(error: unknown): boolean {
  return error instanceof PreconditionFailed || codeOf(error) === "PreconditionFailed";
}

export function isAbsent(error: unknown): boolean {
  return error instanceof ObjectNotFound || ABSENT_CODES.has(codeOf(error));
}

/** Network errors, a server in trouble, damaged or missing bytes: everything but a refusal. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StoreUnavailable || error instanceof TransientStatus || error instanceof ChecksumMismatch)
    return true;
  const code = codeOf(error);
  const isOfNetwork = /^(E[A-Z_]+|ERR_[A-Z_]+|UND_[A-Z_]+)$/.test(code) && !code.startsWith("ERR_INVALID");
  return isOfNetwork || TRANSIENT_CODES.has(code);
}

const OURS = [ObjectNotFound, PreconditionFailed, ChecksumMismatch, InvalidKey, RangeError, TypeError];

export function translate(error: unknown, { doing, key }: Task, attempts: number): unknown {
  if (OURS.some((kind) => error instanceof kind)) return error;
  const code = codeOf(error);
  if (isAbsent(error)) return new ObjectNotFound(`There is no object ${key}`, { cause: error });
  if (code === "PreconditionFailed") {
    return new PreconditionFailed(`${key} exists already or is no longer the one that was read`, { cause: error });
  }
  if (code === "InvalidRange") return new RangeError(`The range lies outside ${key}`, { cause: error });
  const reason = [code, error instanceof Error ? error.message : String(error)]
    .filter((part) => part !== "")
    .join(": ");
  const tried = attempts === 1 ? "" : ` after ${attempts} attempts`;
  return new StoreUnavailable(`The store could not ${doing} ${key}${tried}: ${reason}`, { cause: error });
}
