// JSON from outside: valid UTF-8, valid JSON, and no member that could reach an object's prototype.
import { Problem } from "@ursa/contracts/problem";

/** @throws Problem malformed_body */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new Problem("malformed_body", "Expected a JSON body, but it is empty.");
  try {
    // `fatal` refuses bytes that are not UTF-8 instead of replacing them.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), refusePrototypes);
  } catch (cause) {
    throw new Problem("malformed_body", `The body is not JSON: ${reasonOf(cause)}.`, { cause });
  }
}

function refusePrototypes(key: string, value: unknown): unknown {
  const reachesPrototype = key === "constructor" && typeof value === "object" && value !== null && "prototype" in value;
  if (key === "__proto__" || (reachesPrototype && Object.hasOwn(value, "prototype")))
    throw new SyntaxError(`the member ${key} is not allowed`);
  return value;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof RangeError) return "it is nested too deeply";
  if (cause instanceof TypeError) return "it is not UTF-8";
  // V8 quotes the text around the fault; that much of the caller's own body may be shown to the caller.
  return cause instanceof Error ? cause.message.slice(0, 200) : "it cannot be read";
}
