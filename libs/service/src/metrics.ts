// Every metric of Ursa: name, labels, buckets. Labels are closed sets (types say which), so no caller can make series without end.
import type { Outcome } from "@ursa/contracts/outcomes";
import type { QuotaName } from "@ursa/contracts/usage";
import type { DeliveryOutcome } from "@ursa/contracts/webhook";
import { collectDefaultMetrics, Registry } from "prom-client";
import { jobMetrics, queueMetrics } from "./job-metrics.ts";
import { type CounterOf, type HistogramOf, type Makers, makersFor, type PlainGauge } from "./metric-makers.ts";
import { inferenceMetrics, trainingMetrics } from "./model-metrics.ts";
import { COMMIT, VERSION } from "./version.ts";

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "OTHER";
/** `aborted`: the client went away before the answer was complete. */
export type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "aborted";
export type StorageOperation = "put" | "get" | "stream" | "head" | "list" | "delete";

export type Metrics = ReturnType<typeof createMetrics>;

/** Durations are in seconds, sizes in bytes. Each call makes a registry of its own, so tests do not meet. */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const make = makersFor(registry);
  const build = make.gauge("build_info", "1; labels say which version, and the commit of the image", [
    "version",
    "commit",
  ]);
  build.set({ version: VERSION, commit: COMMIT }, 1);
  const looks: (() => Promise<void>)[] = [];
  return {
    ...httpMetrics(make),
    ...jobMetrics(make),
    ...queueMetrics(make),
    ...downloadMetrics(make),
    ...webhookMetrics(make),
    ...trainingMetrics(make),
    ...inferenceMetrics(make),
    ...storageMetrics(make),
    contentType: registry.contentType,
    /** Sets what is only known by asking. Runs before each scrape and must settle in a second or two, never rejecting. */
    beforeScrape: (look: () => Promise<void>): void => void looks.push(look),
    /** The text Prometheus scrapes. */
    async render(): Promise<string> {
      await Promise.all(looks.map((look) => look()));
      return registry.metrics();
    },
  };
}

function httpMetrics(make: Makers) {
  const httpDuration: HistogramOf<{ method: HttpMethod; route: string; status_class: StatusClass }> = make.histogram(
    "http_request_duration_seconds",
    "Time from a request's head to its answer's last byte (first byte for event streams), by route template",
    ["method", "route", "status_class"],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  const httpInFlight: PlainGauge = make.gauge("http_requests_in_flight", "Requests being answered, streams left out");
  const sseConnections: PlainGauge = make.gauge("sse_connections", "Open event streams");
  const quotaRefusals: CounterOf<{ quota: QuotaName }> = make.counter(
    "quota_refusals_total",
    "Requests refused because a namespace, or a key, had used up what it may use",
    ["quota"],
  );
  return { httpDuration, httpInFlight, sseConnections, quotaRefusals };
}

const DOWNLOAD_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

function downloadMetrics(make: Makers) {
  const downloadAttempts: CounterOf<{ outcome: Outcome }> = make.counter(
    "download_attempts_total",
    "Requests for a picture, each retry counted",
    ["outcome"],
  );
  const downloads: CounterOf<{ outcome: Outcome }> = make.counter(
    "downloads_total",
    "Listed URLs finished; the outcomes sum to the URLs. Which pictures repeat others is only known at the end",
    ["outcome"],
  );
  const datasetItems: CounterOf<{ outcome: Outcome }> = make.counter(
    "dataset_items_total",
    "Listed URLs of datasets that were assembled, by what became of them, as their manifests count",
    ["outcome"],
  );
  const downloadDuration: HistogramOf<{ outcome: Outcome }> = make.histogram(
    "download_duration_seconds",
    "Time one URL took, retries included",
    ["outcome"],
    DOWNLOAD_BUCKETS,
  );
  const imageDecode: HistogramOf<{ outcome: Outcome }> = make.histogram(
    "image_decode_duration_seconds",
    "Time one picture took to decode and verify",
    ["outcome"],
    DOWNLOAD_BUCKETS,
  );
  const downloadBytes = make.counter("download_bytes_total", "Bytes of picture bodies received");
  return {
    ...{ downloadAttempts, downloads, datasetItems, downloadDuration, imageDecode },
    downloadBytes: { inc: (bytes: number): void => downloadBytes.inc(bytes) },
  };
}

function webhookMetrics(make: Makers) {
  const webhookAttempts: CounterOf<{ outcome: DeliveryOutcome }> = make.counter(
    "webhook_attempts_total",
    "Messages sent to webhooks, each retry counted",
    ["outcome"],
  );
  return { webhookAttempts };
}

function storageMetrics(make: Makers) {
  const storageDuration: HistogramOf<{ op: StorageOperation }> = make.histogram(
    "storage_request_duration_seconds",
    "Time one request to the object store took",
    ["op"],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  const storageErrors: CounterOf<{ op: StorageOperation; code: string }> = make.counter(
    "storage_errors_total",
    "Requests to the object store that failed, by the name of the error",
    ["op", "code"],
  );
  return { storageDuration, storageErrors };
}
