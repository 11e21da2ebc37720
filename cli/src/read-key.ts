// The API key that a command sends: from a file, or from the environment. Not an argument: those are for all of the machine to see.
import { readFileSync } from "node:fs";
import { Failure } from "./failure.ts";

/** @throws Failure when the file cannot be read or holds no key */
export function readKey(keyFile: string | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = keyFile ?? (env.URSA_KEY ? undefined : env.URSA_KEY_FILE);
  if (!path) return env.URSA_KEY || undefined;
  const key = readOrFail(path).trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new Failure(`${path} holds no API key: expected one line, such as ursa_key_01J…`, { exitCode: 2 });
}

function readOrFail(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? cause.code : "unreadable";
    throw new Failure(`The API key cannot be read from ${path} (${why}).`, { exitCode: 2, cause });
  }
}
