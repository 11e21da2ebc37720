// A question to a service of our own: its problems pass through, and silence or nonsense becomes "unavailable".
import { Problem, type ProblemCode, problemSchema } from "@ursa/contracts/problem";
import type { RequestInfo } from "@ursa/http/handlers";

type Question<T> = {
  url: URL;
  contentType: string;
  body: string | Uint8Array<ArrayBuffer>;
  /** Its request id goes along, and the question is dropped when it goes away. */
  caller: Pick<RequestInfo, "id" | "signal">;
  timeoutMs: number;
  unavailable: ProblemCode;
  read(response: Response): Promise<T>;
};

/** Said of the service and not of what was asked: it failed, or it is not the service that it should be. */
const OF_THE_SERVICE: ReadonlySet<ProblemCode> = new Set(["internal", "not_found", "method_not_allowed"]);

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

async function ask<T>({ url, contentType, body, caller, timeoutMs, unavailable, read }: Question<T>): Promise<T> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": contentType, "x-request-id": caller.id },
    body,
    redirect: "error",
    signal: AbortSignal.any([caller.signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (response.ok) return read(response);
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (!problem.success || OF_THE_SERVICE.has(problem.data.code))
    throw new Problem(unavailable, undefined, { cause: problem.data ?? `HTTP status ${response.status}` });
  const { code, detail, title, type: _type, status: _status, requestId: _id, ...extra } = problem.data;
  throw new Problem(code, detail ?? title, { extra });
}
