// Starts racer.process.ts for a test and collects what it prints.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const RACER = fileURLToPath(import.meta.resolve("./racer.process.ts"));

/** `lines`: one for each write that the store acknowledged. */
export type Racer = { child: ChildProcess; lines: string[]; exited: Promise<unknown> };

/** `task` is [name, key, count]. Keys of an S3 reach the child by `environment`. */
export function startRacer(storeUrl: string, task: string[], environment: NodeJS.ProcessEnv = {}): Racer {
  const child = spawn(process.execPath, [RACER, storeUrl, ...task], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  const racer: Racer = { child, lines: [], exited: once(child, "close") };
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    racer.lines.push(...lines.filter((line) => line !== "ready"));
  });
  return racer;
}
