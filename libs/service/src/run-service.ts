// The life of a service: start in order, stop in reverse, never hang.
// Exit codes: 0 stopped when asked; 1 could not start, crashed, or did not stop in time; 143 and 130 (128 + signal) when
// SIGTERM or SIGINT came during startup or, the same one, a second time.
import { Problem } from "@ursa/contracts/problem";
import { type Closer, closeInReverse } from "./close-in-reverse.ts";
import { createLogger, LOG_LEVELS, type Logger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { startTracing } from "./start-tracing.ts";
import { StartupError } from "./startup-error.ts";
import type { Tracing } from "./tracing.ts";

export type ServiceContext = {
  log: Logger;
  metrics: Metrics;
  /** Where URSA_OTLP_URL is set. */
  tracing: Tracing | undefined;
  /** Aborts when the service is to stop, also during startup; the reason says why. */
  signal: AbortSignal;
  /** Registers what is to be closed; the last registered is closed first. */
  onClose(label: string, close: () => Promise<void>): void;
};

/** `disconnect`: the parent that started this process with an IPC channel is gone. */
type StopCause = "SIGTERM" | "SIGINT" | "disconnect";
const EXIT_CODES: Record<StopCause, number> = { SIGTERM: 143, SIGINT: 130, disconnect: 0 };

/** Shorter than the grace period of docker-compose.yml and of the Deployments, so that the log says what hung. */
const STOP_DEADLINE_MS = 30_000;

/**
 * Starts a service and returns once it runs; the process exits by itself when it is told to stop.
 * @param options.stopDeadlineMs how long closing may take, startup included when it is what is being stopped
 */
export async function runService(
  name: string,
  start: (context: ServiceContext) => Promise<void>,
  options: { stopDeadlineMs?: number } = {},
): Promise<void> {
  const tracing = await startTracing(name, process.env.URSA_OTLP_URL);
  const log = createLogger({ service: name, level: levelFrom(process.env.URSA_LOG_LEVEL), traceId: tracing?.traceId });
  exitOnCrash(log);
  const closers: Closer[] = [];
  const stopping = new AbortController();
  const stop = async (exitCode: number): Promise<never> => {
    const isClean = await closeInReverse(closers, log);
    log.info("stopped");
    process.exit(isClean ? exitCode : 1);
  };
  let isStarted = false;
  const cause = onStopRequest((why) => {
    log.info({ why }, isStarted ? "stopping" : "stopping before startup is complete");
    stopping.abort(new Error(`${name} is stopping (${why}).`));
    exitAtDeadline(log, closers, options.stopDeadlineMs ?? STOP_DEADLINE_MS);
    if (isStarted) void stop(0);
  });
  try {
    const onClose = (label: string, close: () => Promise<void>) => void closers.push({ label, close });
    if (tracing) onClose("tracing", tracing.close);
    await start({ log, metrics: createMetrics(name), tracing, signal: stopping.signal, onClose });
  } catch (error) {
    if (!stopping.signal.aborted) {
      logStartupFailure(log, error);
      exitAtDeadline(log, closers, options.stopDeadlineMs ?? STOP_DEADLINE_MS);
      await stop(1);
    }
  }
  const why = cause();
  if (why) await stop(EXIT_CODES[why]);
  isStarted = true;
}

/**
 * Calls `onFirst` for the first request to stop. The same signal again exits at once; another one does not, because Ctrl-C
 * reaches a whole process group and its supervisor then sends SIGTERM as well.
 * @returns tells the first cause, once there was one
 */
function onStopRequest(onFirst: (cause: StopCause) => void): () => StopCause | undefined {
  let first: StopCause | undefined;
  const request = (cause: StopCause) => {
    if (first === cause && cause !== "disconnect") process.exit(EXIT_CODES[cause]);
    if (first) return;
    first = cause;
    onFirst(cause);
  };
  process.on("SIGTERM", () => request("SIGTERM"));
  process.on("SIGINT", () => request("SIGINT"));
  if (process.connected) process.on("disconnect", () => request("disconnect"));
  return () => first;
}

function exitAtDeadline(log: Logger, closers: Closer[], deadlineMs: number): void {
  setTimeout(() => {
    log.fatal({ open: closers.map(({ label }) => label), deadlineMs }, "did not stop in time");
    process.exit(1);
  }, deadlineMs);
}

/** After an error that nobody caught, the state of the process is unknown: say so and let the supervisor start a new one. */
function exitOnCrash(log: Logger): void {
  const crash = (message: string) => (error: unknown) => {
    log.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on("uncaughtException", crash("uncaught exception"));
  process.on("unhandledRejection", crash("unhandled rejection"));
}

function logStartupFailure(log: Logger, error: unknown): void {
  // What a person can mend is one sentence; anything else is a fault of ours and needs its stack.
  if (error instanceof StartupError || error instanceof Problem) log.fatal(`cannot start: ${error.message}`);
  else log.fatal({ err: error }, "cannot start");
}

/** loadConfig, called by `start`, tells what is wrong with a level that is not one; until then the log needs some level. */
const levelFrom = (value: string | undefined): string => LOG_LEVELS.find((level) => level === value) ?? "info";
