// NAME_FILE names a file that holds NAME's value: how Docker and Kubernetes hand over secrets without putting them in the environment.
import { readFileSync } from "node:fs";

/** @returns the values read, and one line for each file that could not give one */
export function readSecretFiles(
  names: readonly string[],
  set: Record<string, string | undefined>,
): { values: Record<string, string>; faults: string[] } {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of names) {
    const path = set[`${name}_FILE`];
    if (path === undefined) continue;
    if (set[name] !== undefined) {
      faults.push(`${name}: expected either ${name} or ${name}_FILE, got both`);
      continue;
    }
    const read = readSecret(path);
    if ("value" in read) values[name] = read.value;
    else faults.push(`${name}_FILE: expected a readable file that is not empty, got ${path} (${read.fault})`);
  }
  return { values, faults };
}

function readSecret(path: string): { value: string } | { fault: string } {
  try {
    // Editors and `echo` end a file with a newline that is not part of the secret.
    const value = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return value === "" ? { fault: "it is empty" } : { value };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return { fault: code };
  }
}
