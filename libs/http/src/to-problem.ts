// Any error as a problem of the catalogue. What Ursa did not foresee says nothing about its insides.
import { Problem } from "@ursa/contracts/problem";
import { isDiskFull } from "@ursa/service/disk-full";

/** Seconds after which a client may try again what failed for want of a dependency. */
const RETRY_AFTER_S = 5;

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDiskFull(error))
    return new Problem("disk_full", "The disk of Ursa's store or of its temporary folder is full; make space there.", {
      cause: error,
    });
  // The store's error is known by its name: libs/http does not stand on libs/store.
  if (error instanceof Error && error.name === "StoreUnavailable")
    return new Problem("store_unavailable", undefined, { cause: error });
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  // Fastify's own refusals; their messages quote the request at most.
  if (status === 415) return new Problem("unsupported_media_type", undefined, { cause: error });
  if (status >= 400 && status < 500 && error instanceof Error)
    return new Problem("malformed_request", error.message.slice(0, 200), { cause: error });
  return new Problem("internal", undefined, { cause: error });
}

/** Who asks too often knows when to come back: whoever refused it has said so in `extra.retryAfterSeconds`. */
export function retryAfter({ status, extra }: Problem): Record<string, string> {
  if (![429, 503].includes(status)) return {};
  return { "retry-after": String(extra.retryAfterSeconds ?? RETRY_AFTER_S) };
}
