// A question to a service of our own: its problems pass through, and silence or nonsense becomes "unavailable".
import { Problem, type ProblemCode, problemSchema } from "@ursa/contracts/problem";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Tracing } from "@ursa/service/tracing";
import { type Answer, post } from "./post.ts";
import type { Replicas } from "./replicas.ts";

type Question<T> = {
  replicas: Replicas;
  /** With its query. */
  path: string;
  contentType: string;
  body: string | Uint8Array;
  /** Its request id goes along, and the question is dropped when it goes away. */
  caller: Pick<RequestInfo, "id" | "signal">;
  /** The service continues the caller's trace. */
  tracing: Pick<Tracing, "headers"> | undefined;
  timeoutMs: number;
  unavailable: ProblemCode;
  read(answer: Answer): Promise<T>;
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
  "ETIMEDOUT",
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
  const answer = await send(question);
  if (answer.status >= 200 && answer.status < 300) return read(answer);
  const problem = problemSchema.safeParse(await answer.json().catch(() => undefined));
  if (!problem.success || OF_THE_SERVICE.has(problem.data.code))
    throw new Problem(unavailable, undefined, { cause: problem.data ?? `HTTP status ${answer.status}` });
  const { code, detail, title, type: _type, status: _status, requestId: _id, ...extra } = problem.data;
  throw new Problem(code, detail ?? title, { extra });
}

/** To the replica whose turn it is; where that cannot be reached, to the next. */
async function send<T>(question: Question<T>): Promise<Answer> {
  const { replicas, path, contentType, body, caller, tracing, timeoutMs } = question;
  const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(timeoutMs)]);
  const headers = { "content-type": contentType, "x-request-id": caller.id, ...tracing?.headers() };
  let failure: unknown;
  for (const base of await replicas()) {
    const answer = await post(new URL(path, base), { headers, body, signal }).catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      failure = error;
    });
    if (answer) return answer;
  }
  throw failure;
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof Error && "code" in error && UNREACHABLE.has(error.code);
