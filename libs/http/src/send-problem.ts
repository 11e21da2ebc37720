// The one place where an error becomes an answer, and where it is logged.
import type { Problem } from "@ursa/contracts/problem";
import type { FastifyReply } from "fastify";
import { ClientGone } from "./client-gone.ts";
import type { RequestLife } from "./request-life.ts";
import { retryAfter, toProblem } from "./to-problem.ts";

/** Headers that described the answer that was not to be. */
const OF_THE_ANSWER = ["content-length", "content-disposition", "content-type", "cache-control", "etag"];

export function sendProblem(error: unknown, life: RequestLife, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  logFailure(error, problem, life);
  for (const name of OF_THE_ANSWER) {
    reply.removeHeader(name);
    // A stream that broke before its first byte has set them on the raw answer.
    if (!reply.raw.headersSent) reply.raw.removeHeader(name);
  }
  return reply
    .code(problem.status)
    .headers({ "cache-control": "no-store", ...retryAfter(problem) })
    .type("application/problem+json")
    .send(JSON.stringify(problem.toBody(life.id)));
}

function logFailure(error: unknown, problem: Problem, { log, abort }: RequestLife): void {
  if (abort.signal.aborted || error instanceof ClientGone) log.debug({ err: error }, "given up by the client");
  else if (problem.code === "internal") log.error({ err: error }, "failed");
  else if (problem.status >= 500) log.warn({ code: problem.code, err: error }, "refused");
  else log.debug({ code: problem.code, detail: problem.message }, "refused");
}
