// What a service sees of tracing, where that is on.
import type { BullMQOtel } from "bullmq-otel";

export type Tracing = {
  /** Runs `work` in a span of its own, which continues the trace that `headers` name (W3C traceparent), if they name one. */
  inSpan<T>(span: ServerSpan, work: () => Promise<T>): Promise<T>;
  /** What goes along with a question to another service, so that it continues the trace of the span that is active here. */
  headers(): Record<string, string>;
  /** Of the span that is active here: what log lines carry. */
  traceId(): string | undefined;
  /** For queues and workers: what is enqueued in a span is worked on in the same trace. */
  queues: BullMQOtel;
  /** Sends what is left. */
  close(): Promise<void>;
};
export type ServerSpan = {
  name: string;
  headers: Record<string, string | undefined>;
  attributes: Record<string, string>;
};
