// Traces from a request through the queues to the workers. Off unless URSA_OTLP_URL says where to send them; nothing of
// OpenTelemetry is loaded while they are off.
import type { Tracing } from "./tracing.ts";

/** @param url of an OTLP collector over HTTP, without /v1/traces; what is no URL is refused by loadConfig, not here */
export async function startTracing(service: string, url: string | undefined): Promise<Tracing | undefined> {
  if (!url || !URL.canParse(url)) return undefined;
  const { openTracing } = await import("./otlp-tracing.ts");
  return openTracing(service, url);
}
