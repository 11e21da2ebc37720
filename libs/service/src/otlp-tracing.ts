// Tracing by OpenTelemetry, sent as OTLP over HTTP. Only start-tracing.ts loads this file, and only where tracing is on.
import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { Problem } from "@ursa/contracts/problem";
import { BullMQOtel } from "bullmq-otel";
import type { ServerSpan, Tracing } from "./tracing.ts";
import { VERSION } from "./version.ts";

/** A collector that is away must not hold up a service that stops. */
const EXPORT_MS = 3000;
const SEND_EVERY_MS = 1000;

/**
 * What begins by itself inside a process is BullMQ looking after its queue (stalled jobs, the next job): noise, many times a
 * minute. Requests, jobs, and what they lead to are kept.
 */
const withoutNoise: Sampler = {
  shouldSample(...[, , , kind]) {
    const isNoise = kind === SpanKind.INTERNAL;
    return { decision: isNoise ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED };
  },
  toString: () => "withoutNoise",
};

export function openTracing(service: string, url: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${url.replace(/\/$/, "")}/v1/traces`, timeoutMillis: EXPORT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": `ursa-${service}`, "service.version": VERSION }),
    sampler: new ParentBasedSampler({ root: withoutNoise, remoteParentSampled: new AlwaysOnSampler() }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  // BullMQ's part finds all three there.
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracer = provider.getTracer("ursa", VERSION);
  return {
    inSpan: ({ name, headers, attributes }: ServerSpan, work) => {
      const options = { kind: SpanKind.SERVER, attributes: attributes satisfies Attributes };
      const caller = propagation.extract(context.active(), headers);
      return tracer.startActiveSpan(name, options, caller, async (span) => {
        try {
          return await work();
        } catch (error) {
          const isOurs = !(error instanceof Problem) || error.status >= 500;
          if (isOurs) span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    headers() {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      return headers;
    },
    traceId: () => trace.getActiveSpan()?.spanContext().traceId,
    queues: new BullMQOtel({ tracerName: "bullmq" }),
    // Spans that a collector did not take are lost; the service has stopped well all the same.
    close: () => provider.shutdown().catch(() => {}),
  };
}
