// The parent's end of one decoder process: one task at a time, and every way it can die.
import { type ChildProcess, fork } from "node:child_process";

import type { DecoderReply, DecoderResult, DecoderTask } from "./decoder-messages.ts";
import { ImageRefused } from "./image-refused.ts";

export type DecoderLimits = { maxPixels: number; maxMemoryMb: number; timeoutMs: number };

export interface DecoderProcess {
  readonly pid: number | undefined;
  /** It was told to die or has died, whether or not the system has noticed. */
  readonly isCondemned: boolean;
  /** Resolves when it can take a task. @throws DecoderDied when it could not start */
  ready(): Promise<void>;
  /** @throws ImageRefused, DecoderDied */
  run(task: DecoderTask): Promise<DecoderResult>;
  kill(): void;
  /** Resolves, never rejects, once the process is gone. */
  exited(): Promise<void>;
}

/** The process ended before it answered. */
export class DecoderDied extends Error {
  override name = "DecoderDied";
}

export function startDecoderProcess(limits: DecoderLimits): DecoderProcess {
  const child = forkDecoder(limits);
  const lastWords = tailOf(child);
  let [isCondemned, isSwollen] = [false, false];
  const kill = () => {
    isCondemned = true;
    child.kill("SIGKILL");
  };

  // The one answer that is owed: first that it is ready, then one for each task.
  let owed = oweReply(START_TIMEOUT_MS, kill);
  const ready = owed.reply;
  child.on("message", (message) => {
    const reply = message as DecoderReply; // Typed at the only sender, decoder.ts.
    if (reply.kind !== "out_of_memory") return owed.settle(reply);
    isSwollen = true;
    kill();
  });
  const exited = new Promise<void>((resolve) => {
    const end = (how: string) => {
      isCondemned = true;
      owed.fail(new DecoderDied(how));
      resolve();
    };
    child.once("exit", (code, signal) =>
      end(isSwollen ? `needed more than ${limits.maxMemoryMb} MB of memory` : describeExit(code, signal, lastWords())),
    );
    child.on("error", (error) => child.pid === undefined && end(`could not start: ${error.message}`));
  });

  return {
    pid: child.pid,
    get isCondemned() {
      return isCondemned;
    },
    ready: async () => void (await ready),
    exited: () => exited,
    kill,
    async run(task) {
      if (isCondemned) throw new DecoderDied("was gone before it was asked");
      owed = oweReply(limits.timeoutMs, kill);
      // A failed send means that the channel broke; "exit" follows and says why.
      child.send(task, () => {});
      const reply = await owed.reply;
      if ("isWornOut" in reply && reply.isWornOut) kill();
      return unwrap(reply);
    },
  };
}

// Sharp and its libraries load in a tenth of a second; this is for a machine that is swapping.
const START_TIMEOUT_MS = 30_000;

// A network that trains on this thread holds it for seconds. The limit is counted in ticks, of which a held thread takes one, so
// that a reply that came meanwhile is read before its time is up.
const TICKS = 20;

function oweReply(withinMs: number, onLate: () => void) {
  const { promise: reply, resolve, reject } = Promise.withResolvers<DecoderReply>();
  let left = TICKS;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    reject(new ImageRefused("timeout", `decoding took longer than ${withinMs} ms`));
    onLate();
  }, withinMs / TICKS);
  const stop = () => clearInterval(timer);
  reply.then(stop, stop);
  return { reply, settle: resolve, fail: reject };
}

function forkDecoder({ maxPixels, maxMemoryMb }: DecoderLimits): ChildProcess {
  return fork(new URL("./decoder.ts", import.meta.url), [String(maxPixels), String(maxMemoryMb)], {
    // Typed arrays cross as bytes and not as JSON.
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Pixels live outside V8's heap; 128 MB is for messages. Nothing of the parent's flags, debugger included, is inherited.
    execArgv: ["--max-old-space-size=128"],
    // No credentials where foreign bytes meet native code. Two malloc arenas: one thread decodes at a time.
    env: { MALLOC_ARENA_MAX: "2", VIPS_BLOCK_UNTRUSTED: "1" },
  });
}

function unwrap(reply: DecoderReply): DecoderResult {
  if (reply.kind === "done") return reply.result;
  if (reply.kind === "refused") throw new ImageRefused(reply.outcome, reply.reason);
  const what = reply.kind === "failed" ? reply.message : `an answer of kind ${reply.kind}`;
  throw new Error(`the decoder failed, and not because of the picture: ${what}`);
}

function describeExit(code: number | null, signal: string | null, lastWords: string): string {
  const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
  return lastWords ? `${how}: ${lastWords}` : how;
}

// The last words on stderr: the only trace of a missing library or an aborting codec.
function tailOf(child: ChildProcess): () => string {
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-500);
  });
  return () => tail.trim();
}
