// Metrics of queues, of the Redis they are in, and of the jobs that workers take from them.
import type { QueueName } from "@ursa/contracts/queues";
import type { CounterOf, HistogramOf, Makers, PassingGauge } from "./metric-makers.ts";

/**
 * `retried`: failed, and will be tried again. `handed_back`: given to another worker, as on shutdown. `postponed`: the store was
 * away, or a receiver of webhooks busy. `superseded`: another worker has it.
 */
export const JOB_OUTCOMES = [
  "completed",
  "retried",
  "failed",
  "handed_back",
  "postponed",
  "cancelled",
  "superseded",
] as const;
export type JobOutcome = (typeof JOB_OUTCOMES)[number];
/** BullMQ's. `waiting` and `prioritized` are both in line; most shards are `prioritized`. */
export type JobState =
  | "waiting"
  | "prioritized"
  | "active"
  | "delayed"
  | "waiting-children"
  | "completed"
  | "failed"
  | "paused";

export function jobMetrics(make: Makers) {
  const jobAttempts: CounterOf<{ queue: QueueName }> = make.counter("job_attempts_total", "Job attempts begun", [
    "queue",
  ]);
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
  const jobLocksLost: CounterOf<{ queue: QueueName }> = make.counter(
    "job_lock_lost_total",
    "Jobs that this worker could not keep for itself, because it did not reach Redis in time",
    ["queue"],
  );
  const eventsLost = make.counter("events_lost_total", "Live events that Redis did not take; records are unaffected");
  return {
    ...{ jobAttempts, jobs, jobsStalled, jobLocksLost, jobDuration, jobWait },
    eventsLost: { inc: (by?: number): void => eventsLost.inc(by) },
  };
}

/** Told by every API, each with the same values: queries take the `max`. Of a Redis that is away only `redisUp` speaks. */
export function queueMetrics(make: Makers) {
  const queueJobs: PassingGauge<{ queue: QueueName; state: JobState }> = make.passing(
    "queue_jobs",
    "Jobs in Redis by queue and state; the same from every API",
    ["queue", "state"],
  );
  const queueOldestWaitingAge: PassingGauge<{ queue: QueueName }> = make.passing(
    "queue_oldest_waiting_age_seconds",
    "How long the job that waits longest in a queue has waited, 0 when none does; the same from every API",
    ["queue"],
  );
  const redisUp: PassingGauge<Record<never, string>> = make.passing("redis_up", "Whether Redis answers: 1 or 0");
  const redisMemoryUsed: PassingGauge<Record<never, string>> = make.passing(
    "redis_memory_used_bytes",
    "Memory that Redis uses for its data",
  );
  const redisMemoryMax: PassingGauge<Record<never, string>> = make.passing(
    "redis_memory_max_bytes",
    "Memory that Redis may use: its maxmemory or, where that is 0, what its machine has",
  );
  const redisNoeviction: PassingGauge<Record<never, string>> = make.passing(
    "redis_noeviction",
    "Whether Redis keeps every key when its memory is full (maxmemory-policy noeviction): 1 or 0",
  );
  return { queueJobs, queueOldestWaitingAge, redisUp, redisMemoryUsed, redisMemoryMax, redisNoeviction };
}
