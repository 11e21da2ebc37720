// A question to a service of our own: its problems pass through, and silence or nonsense becomes "unavailable".
import { Problem, type ProblemCode, problemSchema } from "@ursa/contracts/problem";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Tracing } from "@ursa/service/tracing";
import type { Replicas } from "./replicas.ts";

type Question<T> = {
  replicas: Replicas;
  /** With its query. */
  path: string;
  contentType: string;
  body: string | Uint8Array<ArrayBuffer>;
  /** Its request id goes along, and the question is dropped when it goes away. */
  caller: Pick<RequestInfo, "id" | "signal">;
  /** The service continues the caller's trace. */
  tracing: Pick<Tracing, "headers"> | undefined;
  timeoutMs: number;
  unavailable: ProblemCode;
  read(response: Response): Promise<T>;
};

/** Said of the service and not of what was asked: it failed, or it is not the service that it should be. */
const OF_THE_SERVICE: ReadonlySet<ProblemCode> = new Set(["internal", "not_found", "method_not_allowed"]);

/** The connection could not be made, or broke before an answer began. A picture may be asked about twice: nothing is changed by it. */
const UNREACHABLE: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/** @throws Problem the service's own, or `unavailable`; the reason of the caller's signal when that aborts */
export async function askService<T>(question: Question<T>): Promise<T> {
  const { caller, unavailable } = question;
  try {
    return await ask(question);
  } catch (cause) {
    caller.signal.throwIfAborted();
    if (cause instanceof Problem) throw cause;
    throw new Problem(unavailable, undefined, { cause });
  }
}

async function ask<T>(question: Question<T>): Promise<T> {
  const { read, unavailable } = question;
  const response = await send(question);
  if (response.ok) return read(response);
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (!problem.success || OF_THE_SERVICE.has(problem.data.code))
    throw new Problem(unavailable, undefined, { cause: problem.data ?? `HTTP status ${response.status}` });
  const { code, detail, title, type: _type, status: _status, requestId: _id, ...extra } = problem.data;
  throw new Problem(code, detail ?? title, { extra });
}

/** To the replica whose turn it is; where that cannot be reached, to the next. */
async function send<T>(question: Question<T>): Promise<Response> {
  const { replicas, path, contentType, body, caller, tracing, timeoutMs } = question;
  const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(timeoutMs)]);
  const headers = { "content-type": contentType, "x-request-id": caller.id, ...tracing?.headers() };
  let failure: unknown;
  for (const base of await replicas()) {
    const sent = fetch(new URL(path, base), { method: "POST", headers, body, redirect: "error", signal });
    const response = await sent.catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      failure = error;
    });
    if (response) return response;
  }
  throw failure;
}

// fetch says "fetch failed"; its cause, and where several addresses were tried that one's errors, say why.
function isUnreachable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && UNREACHABLE.has(cause.code);
}
