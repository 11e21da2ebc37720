// What a failure means to the person at the terminal: what happened, what to do, and an exit code.

import { Problem } from "@ursa/contracts/problem";
import { CommanderError } from "commander";
import { remedyOf } from "./remedies.ts";

/** Something a person can mend, said in one sentence with the remedy. */
export class Failure extends Error {
  override name = "Failure";
  readonly exitCode: number;

  constructor(sentence: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(sentence, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** 1 it failed, 2 wrong usage, 3 the API cannot be reached, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Failure) return error.exitCode;
  if (isUnreachable(error)) return 3;
  return 1;
}

/** @returns undefined where the message has been printed already */
export function explain(error: unknown): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof Problem) return explainProblem({ code: error.code, message: faultsOf(error) ?? error.message });
  if (isUnreachable(error)) return "The API cannot be reached; start it with `ursa up`, or say where it is with --url.";
  if (error instanceof Error) return process.env.URSA_DEBUG ? error.stack : error.message;
  return String(error);
}

/** The API's own sentence, what to type, and the code to look up. Also for the error that a record keeps. */
export function explainProblem(problem: Pick<Problem, "code" | "message">): string {
  const sentence = /[.!?]$/.test(problem.message) ? problem.message : `${problem.message}.`;
  const remedy = remedyOf(problem);
  return `${sentence}${remedy ? ` ${remedy}` : ""} [${problem.code}]`;
}

// fetch reports every network failure as a TypeError of this message; the system's own error is its cause.
export const isUnreachable = (error: unknown): boolean =>
  error instanceof TypeError && error.message === "fetch failed";

/** Each fault of a request on a line of its own; the problem's message says no more than that there are some. */
function faultsOf({ code, extra }: Problem): string | undefined {
  const { errors } = extra;
  if (code !== "invalid_request" || !Array.isArray(errors) || errors.length === 0) return undefined;
  return errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("\n");
}
