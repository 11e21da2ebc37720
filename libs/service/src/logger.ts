// JSON logs on stdout. Children carry `requestId` or `jobId`; secrets are taken out of the finished line.
import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { redact } from "./redact.ts";

export type Logger = PinoLogger;
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/**
 * @param options.level one of LOG_LEVELS
 * @param options.destination where lines go; stdout unless told otherwise
 * @param options.traceId of the work that a line is about, where traces are kept
 */
export function createLogger(options: {
  service: string;
  level: string;
  destination?: DestinationStream;
  traceId?: (() => string | undefined) | undefined;
}): Logger {
  const { traceId } = options;
  const settings = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    hooks: { streamWrite: redact },
    ...(traceId ? { mixin: () => traceMember(traceId()) } : {}),
  };
  // Synchronous: pino's default writes in the background, and lines around a process.exit come out of order.
  return pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true }));
}

const traceMember = (trace_id: string | undefined) => (trace_id ? { trace_id } : {});
