// `ursa reset`: forgets everything in a home folder: store, Redis' file, logs, scratch. Weights and programs in it stay.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { DEFAULT_HOME } from "../../default-home.ts";
import { Failure } from "../../failure.ts";
import { lockHome } from "./lock-home.ts";

const FORGOTTEN = ["store", "redis-data", "logs", "work"];

/** Asks first, unless `isSure`. @throws Failure where nobody can be asked, code `already_running` while Ursa runs there */
export async function runReset({ home, isSure }: { home: string | undefined; isSure: boolean }): Promise<string[]> {
  const root = resolve(home ?? DEFAULT_HOME);
  const there = FORGOTTEN.map((name) => join(root, name)).filter((path) => existsSync(path));
  if (there.length === 0) return [];
  const lock = lockHome(root);
  try {
    if (!isSure && !(await agrees(there))) return [];
    for (const path of there) await rm(path, { recursive: true });
    return there;
  } finally {
    lock.close();
  }
}

async function agrees(paths: string[]): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Failure("Nobody is here to be asked; --yes says that it is meant.", { exitCode: 2 });
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(
    `Delete all datasets, models and predictions?\n  ${paths.join("\n  ")}\nType yes: `,
  );
  asking.close();
  return answer.trim() === "yes";
}
