// What sockets, TLS, the HTTP parser and undici throw, in terms of the closed set of outcomes.
import { FetchFailure } from "./fetch-failure.ts";

/** @throws the error itself when it is no failure of the other side */
export function asFetchFailure(error: unknown): FetchFailure {
  if (error instanceof FetchFailure) return error;
  const code = codeOf(error);
  const timeout = TIMEOUTS[code];
  if (timeout) return new FetchFailure("timeout", timeout, { cause: error, retry: "yes" });
  if (BROKEN.has(code)) {
    return new FetchFailure("connection_error", "the connection broke", { cause: error, retry: "yes" });
  }
  // An error without a code is a mistake of this program, not a failure of the other side.
  if (code === "") throw error;
  return new FetchFailure("connection_error", describe(code), { cause: error });
}

function describe(code: string): string {
  if (UNREACHABLE.has(code)) return "the server could not be reached";
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") return "the answer is not valid HTTP";
  if (TLS.test(code)) return "the server's certificate or TLS is not acceptable";
  return "the request failed";
}

const TIMEOUTS: Record<string, string> = {
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  ETIMEDOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped half-way",
};

// The same request may succeed a moment later.
const BROKEN = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "UND_ERR_SOCKET",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

const UNREACHABLE = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EACCES", "EPERM"]);

const TLS = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH)/;

// Happy Eyeballs reports all its attempts at once; the first says enough.
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && !("code" in error)) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
