// Runs a program to its end and hands back its output; what it printed is in the error when it fails.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

export type RunCommandOptions = {
  cwd?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
};

/** Standard output of `command`. @throws when it cannot start or ends with another code than 0. */
export async function runCommand(command: string, args: string[], options: RunCommandOptions = {}): Promise<string> {
  const { env, ...rest } = options;
  // Messages are matched nowhere, but a person reading the cause of a failure should get the untranslated one.
  const { stdout } = await execFileAsync(command, args, { ...rest, env: { ...process.env, LC_ALL: "C", ...env } });
  return stdout;
}
