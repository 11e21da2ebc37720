// What a refusal means to the person at the page: what happened, and what to do.
import { Problem, type ProblemCode } from "@ursa/contracts/problem";

const START = "See that its services run: `ursa status` shows them.";
const KEY = "An admin makes another key with `ursa key create`.";

const REMEDIES: Partial<Record<ProblemCode, string>> = {
  key_expired: KEY,
  key_revoked: KEY,
  scope_missing: KEY,
  no_default_model: "Choose a model above, or promote one to an alias on its page.",
  class_mostly_failed:
    "Look at the reasons below; open one of the URLs in a browser; or allow more failures when you make the dataset again.",
  bad_image: "Use a JPEG, PNG, WebP or GIF that opens in a viewer.",
  fetch_failed: "Open the address in a browser to see what it gives.",
  training_diverged: "Train again with a tenth of the learning rate.",
  out_of_memory: "Train again with smaller pictures (size).",
  queue_unavailable: START,
  inferer_unavailable: START,
  downloader_unavailable: START,
};

export const remedyOf = (code: string): string | undefined =>
  code in REMEDIES ? REMEDIES[code as ProblemCode] : undefined; // It is a key there.

export const isKeyProblem = (problem: unknown): problem is Problem =>
  problem instanceof Problem && problem.status === 401;

export type Words = { title: string; details: string[]; remedy?: string | undefined; code?: string };

export function wordsOf(problem: unknown): Words {
  if (problem instanceof Problem)
    return {
      title: sentence(problem.message),
      details: faultsOf(problem),
      remedy: remedyOf(problem.code),
      code: problem.code,
    };
  if (problem instanceof TypeError)
    return { title: "The API cannot be reached.", details: [], remedy: "See that Ursa is running, then try again." };
  return { title: problem instanceof Error ? problem.message : String(problem), details: [] };
}

export type Fault = { path: string; message: string };

/** The faults of a refused request, each with the field that it is about. */
export function fieldFaults(problem: unknown): Fault[] {
  const errors = problem instanceof Problem ? problem.extra.errors : undefined;
  if (!Array.isArray(errors)) return [];
  return errors.map(({ path, message }) => ({ path: String(path ?? ""), message: String(message) }));
}

const faultsOf = (problem: Problem): string[] =>
  fieldFaults(problem).map(({ path, message }) => (path ? `${path}: ${message}` : message));

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);
