// One child process that is kept running: started, watched until ready, started again with a growing pause when it dies.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "@ursa/testing/wait-until";
import type { ProcessLog } from "./process-log.ts";
import { createRestartPolicy } from "./restart-policy.ts";
import { upError } from "./up-error.ts";

export type ProcessSpec = {
  name: string;
  spawn: (outputDescriptor: number) => ChildProcess;
  isReady: () => Promise<boolean>;
  log: ProcessLog;
  /** Told in a sentence what happened to the process. */
  say: (sentence: string) => void;
};

export type SupervisedProcess = {
  name: string;
  pid(): number | undefined;
  restarts(): number;
  /** Starts it. @throws with code `service_failed` when it ends, is stopped, or is not ready in time */
  start(options: { timeoutMs: number; signal: AbortSignal | undefined }): Promise<void>;
  isReady(): Promise<boolean>;
  kill(signal: NodeJS.Signals): void;
  trimLog(): void;
  /** Asks it to end and, after `graceMs`, ends it with everything it started. */
  stop(graceMs: number): Promise<void>;
};

export function superviseProcess(spec: ProcessSpec): SupervisedProcess {
  const policy = createRestartPolicy();
  let child: ChildProcess | undefined;
  let phase: "starting" | "running" | "stopping" = "starting";
  let restarts = 0;
  let restartTimer: NodeJS.Timeout | undefined;

  const throwIfStopping = () => {
    if (phase === "stopping") throw upError("service_failed", `${spec.name} was stopped before it was ready.`);
  };
  const spawn = () => {
    child = spec.log.withDescriptor(spec.spawn);
    child.once("exit", (code, signal) => restartLater(signal ?? `exit code ${code}`));
    child.once("error", (error) => restartLater(error.message)); // could not be started, so there is no exit
  };
  const restartLater = (reason: string) => {
    if (phase !== "running") return;
    const { pauseMs, isCrashLoop } = policy.recordDeath(performance.now());
    spec.say(`${spec.name} ended (${reason}); starting it again in ${pauseMs / 1000} s.`);
    if (isCrashLoop) spec.say(`${spec.name} keeps ending. ${describeLog(spec.log)}`);
    restartTimer = setTimeout(() => {
      restarts += 1;
      spawn();
    }, pauseMs);
  };
  return {
    name: spec.name,
    pid: () => (isRunning(child) ? child?.pid : undefined),
    restarts: () => restarts,
    isReady: async () => isRunning(child) && spec.isReady(),
    start: async (options) => {
      throwIfStopping();
      spawn();
      await waitUntilReady(spec, { ...options, child: () => child });
      throwIfStopping();
      phase = "running";
    },
    kill: (signal) => child?.kill(signal),
    trimLog: spec.log.trim,
    stop: async (graceMs) => {
      phase = "stopping";
      clearTimeout(restartTimer);
      if (child) await endProcess(child, graceMs);
    },
  };
}

type ReadyOptions = { timeoutMs: number; signal: AbortSignal | undefined; child: () => ChildProcess | undefined };

async function waitUntilReady(spec: ProcessSpec, { child, ...options }: ReadyOptions): Promise<void> {
  const what = `${spec.name} to be ready`;
  const hasEnded = () => !isRunning(child());
  try {
    await waitUntil(async () => hasEnded() || (await spec.isReady()), { ...options, what });
  } catch (cause) {
    options.signal?.throwIfAborted();
    const seconds = options.timeoutMs / 1000;
    throw upError("service_failed", `${spec.name} was not ready after ${seconds} s. ${describeLog(spec.log)}`, cause);
  }
  if (hasEnded()) throw upError("service_failed", `${spec.name} ended while starting. ${describeLog(spec.log)}`);
}

async function endProcess(child: ChildProcess, graceMs: number): Promise<void> {
  if (isRunning(child)) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await exited;
    clearTimeout(timer);
  }
  killGroup(child.pid);
}

// Each supervised process leads a group; what it started and left behind is still in it.
function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch {
    // The usual case: nothing was left.
  }
}

function isRunning(child: ChildProcess | undefined): boolean {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function describeLog(log: ProcessLog): string {
  const tail = log.tail(20);
  return `${log.path} ${tail ? `ends with:\n${tail}` : "is empty."}`;
}
