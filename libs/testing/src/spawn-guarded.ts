// Starts a program that cannot outlive its owner, not even an owner killed by SIGKILL.
// A shell becomes the program (so the pid is the program's) and leaves a watcher reading our pipe: its end means SIGTERM.
import { type ChildProcess, spawn } from "node:child_process";

// A background command's own standard input is /dev/null in sh, hence the detour over descriptor 9.
const guard = 'exec 9<&0; { read -r _ <&9; kill -TERM $$ 2>&-; } & exec "$@" </dev/null 9<&-';

export type SpawnGuardedOptions = {
  /** The whole environment of the program. */
  env: NodeJS.ProcessEnv;
  /** Where standard output and error go: a file descriptor, or pipes to read. */
  output: number | "pipe";
};

/** The started program, in a process group of its own: Ctrl+C in the terminal reaches the owner only. */
export function spawnGuarded(command: string, args: string[], { env, output }: SpawnGuardedOptions): ChildProcess {
  const child = spawn("/bin/sh", ["-c", guard, "sh", command, ...args], {
    env,
    stdio: ["pipe", output, output],
    detached: true,
  });
  child.stdin?.on("error", () => {}); // the pipe breaks when the program ends, which "exit" reports
  child.once("exit", () => child.stdin?.destroy());
  return child;
}
