// Runs a child process for one job and watches it: silence, standstill, memory, death. The child never outlives this call,
// and ends by itself when this process dies (its IPC channel closes).
import { type ChildProcess, fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Problem } from "@ursa/contracts/problem";
import { type ChildMessage, numberedSchema, type ParentMessage, type Start } from "./child-messages.ts";
import { countOomKills } from "./oom-kills.ts";

export type ChildLimits = {
  /** No message at all, not even `alive`: the child's event loop hangs. */
  silentMs: number;
  /** Alive, but neither progress nor an epoch: it waits for something that never comes. */
  stuckMs: number;
  /** Resident memory of the child itself; its decoder processes have their own bound. */
  maxRssBytes: number;
  /** From being told to stop to being killed. */
  stopGraceMs: number;
};

export type RunChildOptions = {
  entry: URL;
  start: Start;
  /** Called in order, one at a time. A rejection kills the child and becomes the rejection of runChild. */
  onMessage: (message: ChildMessage) => Promise<void>;
  limits: ChildLimits;
  /** Aborted: the child may end at its next batch. */
  stop: AbortSignal;
  /** Aborted: the child is killed at once and runChild rejects with the signal's reason. */
  kill: AbortSignal;
};

/** The child misbehaved and was killed, or died; the job may be tried again. */
export class ChildFault extends Problem {
  /** `killed`: by a signal that was not ours. */
  readonly fault: "silent" | "stuck" | "memory" | "died" | "killed" | "deaf";
  constructor(fault: ChildFault["fault"], detail: string) {
    super("worker_failed", detail);
    this.fault = fault;
  }
}

/** `maxRssBytes` depends on the machine. The grace fits within the 30 s in which a service must stop. */
export const CHILD_LIMITS = { silentMs: 60_000, stuckMs: 15 * 60_000, stopGraceMs: 20_000 } as const;

const WATCH_MS = 250;

/**
 * Resolves when the child has exited with 0.
 * @throws ChildFault when it hung, stood still, grew too large, died or ignored `stop`; whatever `onMessage` threw; `kill`'s reason
 */
export async function runChild(options: RunChildOptions): Promise<void> {
  // Its log goes to our stdout; execArgv is not inherited so that a debugger's port is not either.
  const child = fork(fileURLToPath(options.entry), { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] });
  const exited = exitOf(child);
  const oomKills = await countOomKills();
  let fault: unknown;
  const end = (why: unknown) => {
    fault ??= why;
    child.kill("SIGKILL");
  };
  const listening = new AbortController();
  const watch = watchChild(child, options.limits, end);
  const handled = relay(child, options, { saw: watch.saw, end });
  const until = { signal: listening.signal, once: true };
  options.stop.addEventListener("abort", () => watch.stopping(), until);
  options.kill.addEventListener("abort", () => end(options.kill.reason), until);

  send(child, { type: "start", start: options.start });
  if (options.stop.aborted) watch.stopping();
  if (options.kill.aborted) end(options.kill.reason);
  const exit = await exited;
  watch.close();
  listening.abort();
  await handled();
  if (fault !== undefined) throw fault;
  if (exit.code !== 0) throw await deathOf(exit, oomKills);
}

type Exit = { code: number | null; signal: NodeJS.Signals | string | null };

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error) => resolve({ code: null, signal: error.message }));
  });
}

async function deathOf({ code, signal }: Exit, oomKillsBefore: number): Promise<ChildFault> {
  const detail = `The training process ended with ${code ?? signal}`;
  if (code !== null) return new ChildFault("died", `${detail}.`);
  const isOom = signal === "SIGKILL" && (await countOomKills()) > oomKillsBefore;
  const by = "from outside, as by a system or a container that has no more memory for it";
  return isOom ? new ChildFault("memory", `${detail}.`) : new ChildFault("killed", `${detail}, ${by}.`);
}

/** Hands messages on in order and answers each with `done`. Returns a function that waits for the last one. */
function relay(
  child: ChildProcess,
  { onMessage }: RunChildOptions,
  watcher: { saw: (message: ChildMessage) => void; end: (why: unknown) => void },
): () => Promise<void> {
  let handled = Promise.resolve();
  child.on("message", (raw) => {
    handled = handled
      .then(async () => {
        const { number, message } = numberedSchema.parse(raw);
        watcher.saw(message);
        await onMessage(message);
        send(child, { type: "done", number });
      })
      .catch(watcher.end);
  });
  return () => handled;
}

function watchChild(child: ChildProcess, limits: ChildLimits, end: (why: ChildFault) => void) {
  const now = () => performance.now();
  const last = { message: now(), advance: now() };
  let rssBytes = 0;
  let stopBy = Number.POSITIVE_INFINITY;
  const look = async () => {
    rssBytes = (await residentBytes(child.pid)) ?? rssBytes;
    if (now() > stopBy) return end(new ChildFault("deaf", `It did not stop within ${seconds(limits.stopGraceMs)}.`));
    if (rssBytes > limits.maxRssBytes) {
      const [used, allowed] = [rssBytes, limits.maxRssBytes].map((bytes) => Math.round(bytes / 2 ** 20));
      return end(new ChildFault("memory", `Training used ${used} MB of memory; at most ${allowed} MB are allowed.`));
    }
    if (now() - last.message > limits.silentMs) {
      return end(new ChildFault("silent", `The training process said nothing for ${seconds(limits.silentMs)}.`));
    }
    if (now() - last.advance > limits.stuckMs) {
      return end(new ChildFault("stuck", `Training made no progress for ${seconds(limits.stuckMs)}.`));
    }
  };
  const timer = setInterval(() => void look(), WATCH_MS);
  return {
    saw(message: ChildMessage) {
      last.message = now();
      if (message.type === "alive") rssBytes = message.rssBytes;
      else last.advance = last.message;
    },
    stopping() {
      stopBy = now() + limits.stopGraceMs;
      send(child, { type: "stop" });
    },
    close: () => clearInterval(timer),
  };
}

const seconds = (ms: number) => `${ms / 1000} s`;

/** From the kernel, so that a child too busy to report is measured too; undefined where there is no /proc. */
async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kiloBytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kiloBytes === undefined ? undefined : Number(kiloBytes) * 1024;
}

function send(child: ChildProcess, message: ParentMessage): void {
  // A child that has gone cannot be told anything; its exit is what ends the run.
  if (child.connected) child.send(message, () => {});
}
