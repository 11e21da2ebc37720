// Every metric of Ursa: name, labels, buckets. Labels are closed sets (types say which), so no caller can make series without end.
import type { Outcome } from "@ursa/contracts/outcomes";
import type { QueueName } from "@ursa/contracts/queues";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { VERSION } from "./version.ts";

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "OTHER";
/** `aborted`: the client went away before the answer was complete. */
export type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "aborted";
/**
 * `retried`: failed, and will be tried again. `handed_back`: given to another worker, as on shutdown. `postponed`: the store was
 * away. `superseded`: another worker has it.
 */
export type JobOutcome = "completed" | "retried" | "failed" | "handed_back" | "postponed" | "cancelled" | "superseded";
export type Device = "cpu" | "gpu";
export type StorageOperation = "put" | "get" | "stream" | "head" | "list" | "delete";

export type CounterOf<L> = { inc(labels: L, by?: number): void };
export type HistogramOf<L> = { observe(labels: L, seconds: number): void };
export type PlainGauge = { set(value: number): void; inc(by?: number): void; dec(by?: number): void };

export type Metrics = ReturnType<typeof createMetrics>;

/** Durations are in seconds, sizes in bytes. Each call makes a registry of its own, so tests do not meet. */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const make = makersFor(registry);
  make.gauge("build_info", "1; the version is in the label", ["version"]).set({ version: VERSION }, 1);
  return {
    ...httpMetrics(make),
    ...jobMetrics(make),
    ...downloadMetrics(make),
    ...modelMetrics(make),
    ...storageMetrics(make),
    contentType: registry.contentType,
    /** The text Prometheus scrapes. */
    render: (): Promise<string> => registry.metrics(),
  };
}

type Makers = ReturnType<typeof makersFor>;

function makersFor(registry: Registry) {
  const common = (name: string, help: string) => ({ name: `ursa_${name}`, help, registers: [registry] });
  return {
    counter: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Counter({ ...common(name, help), labelNames }),
    gauge: <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Gauge({ ...common(name, help), labelNames }),
    histogram: <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
      new Histogram({ ...common(name, help), labelNames, buckets }),
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
  return { httpDuration, httpInFlight, sseConnections };
}

function jobMetrics(make: Makers) {
  const jobs: CounterOf<{ queue: QueueName; outcome: JobOutcome }> = make.counter("jobs_total", "Job attempts ended", [
    "queue",
    "outcome",
  ]);
  const jobDuration: HistogramOf<{ queue: QueueName; outcome: JobOutcome }> = make.histogram(
    "job_duration_seconds",
    "Time one attempt at a job took",
    ["queue", "outcome"],
    [1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200],
  );
  const jobWait: HistogramOf<{ queue: QueueName }> = make.histogram(
    "job_wait_seconds",
    "Time a job waited before a worker took it",
    ["queue"],
    [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400],
  );
  const jobsStalled: CounterOf<{ queue: QueueName }> = make.counter(
    "jobs_stalled_total",
    "Jobs whose worker died or hung, and that wait for another",
    ["queue"],
  );
  const eventsLost = make.counter("events_lost_total", "Live events that Redis did not take; records are unaffected");
  return { jobs, jobsStalled, jobDuration, jobWait, eventsLost: { inc: (by?: number): void => eventsLost.inc(by) } };
}

const DOWNLOAD_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

function downloadMetrics(make: Makers) {
  const downloads: CounterOf<{ outcome: Outcome }> = make.counter(
    "downloads_total",
    "Listed URLs finished; the outcomes sum to the URLs",
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
    downloads,
    downloadDuration,
    imageDecode,
    downloadBytes: { inc: (bytes: number): void => downloadBytes.inc(bytes) },
  };
}

function modelMetrics(make: Makers) {
  const trainEpochDuration: HistogramOf<{ device: Device }> = make.histogram(
    "train_epoch_duration_seconds",
    "Time one epoch of training took, validation included",
    ["device"],
    [1, 5, 15, 60, 300, 900, 3600],
  );
  const trainImages: CounterOf<{ phase: "train" | "valid"; device: Device }> = make.counter(
    "train_images_total",
    "Pictures trained on or validated with; its rate is pictures per second",
    ["phase", "device"],
  );
  const load = make.histogram(
    "model_load_seconds",
    "Time to fetch, check and warm up a model",
    [],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );
  const modelsLoaded: PlainGauge = make.gauge("models_loaded", "Models held ready in memory");
  const predictDuration: HistogramOf<{ stage: "preprocess" | "infer" | "total" }> = make.histogram(
    "predict_duration_seconds",
    "Time to answer one picture, by stage",
    ["stage"],
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  );
  const modelLoad = { observe: (seconds: number): void => load.observe(seconds) };
  return { trainEpochDuration, trainImages, modelLoad, modelsLoaded, predictDuration };
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
