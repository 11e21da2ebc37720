// Runs a program to its end and keeps what it printed, to be shown when it fails.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type ToolOptions = { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal };
/** `code` is 127 where there is no such program, as in a shell, and undefined where a signal ended it. */
export type ToolResult = { code: number | undefined; stdout: string; output: string };

/** @throws the signal's reason when it is aborted; the program is then ended too */
export async function runTool(
  [command, ...args]: [string, ...string[]],
  { cwd, env, signal }: ToolOptions,
): Promise<ToolResult> {
  signal.throwIfAborted();
  const child = spawn(command, args, { cwd, env, signal, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, output] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | undefined>((done) => {
    child.on("error", () => done(127));
    child.on("close", (exitCode) => done(exitCode ?? undefined));
  });
  signal.throwIfAborted();
  return { code, stdout, output };
}

/** The end of a program's output: enough to see why it failed. */
export const lastLines = (output: string, count = 15): string => output.trimEnd().split("\n").slice(-count).join("\n");

/** Whether one of the folders of `path` (as in PATH) has the program. */
export function isOnPath(program: string, path = ""): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}
