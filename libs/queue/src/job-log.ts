// The wording of what happens to jobs: one log line and one count for each event.
import type { QueueName } from "@ursa/contracts/queues";
import { JOB_OUTCOMES, type JobOutcome } from "@ursa/service/job-metrics";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import { VERSION } from "@ursa/service/version";
import type { Job } from "bullmq";
import type { Outcome } from "./job-outcome.ts";

export type JobLog = {
  started(job: Job): { ended(outcome: Outcome, error?: unknown): void };
  /** `isGivenUp` when there is no further attempt. */
  failed(job: Job, how: { error: Error; isGivenUp: boolean }): void;
  stalled(jobId: string): void;
  locksLost(jobIds: string[]): void;
  /** A later version made it. */
  tooNew(job: Job): void;
  /** A job was given up, but its record could not be told. */
  unsettled(job: Job, error: unknown): void;
  troubled(error: Error): void;
  recovered(): void;
};

/** How the ends are told and counted; failures are told by `failed`, once it is known whether another attempt follows. */
const ENDS: Partial<Record<Outcome, { words: string; counted: JobOutcome }>> = {
  completed: { words: "job completed", counted: "completed" },
  handed_back: { words: "job handed back for the next worker", counted: "handed_back" },
  postponed: { words: "job put aside for a while", counted: "postponed" },
  cancelled: { words: "job dropped: its record has ended", counted: "cancelled" },
  superseded: { words: "job left to the worker that has it now", counted: "superseded" },
};

type Surroundings = { queue: QueueName; log: Logger; metrics: Metrics };

export function createJobLog(surroundings: Surroundings): JobLog {
  const { queue, log, metrics } = surroundings;
  let trouble = "";
  startAtZero(queue, metrics);
  return {
    started: (job) => started(surroundings, job),
    failed(job, { error, isGivenUp }) {
      const about = { queue, jobId: job.id, attempt: job.attemptsMade, err: error.cause ?? error };
      if (isGivenUp) log.error(about, "job given up");
      else log.warn({ ...about, retryInMs: job.delay }, "job failed, another attempt follows");
      metrics.jobs.inc({ queue, outcome: isGivenUp ? "failed" : "retried" });
    },
    stalled(jobId) {
      log.warn({ queue, jobId }, "job lost its worker and waits for another");
      metrics.jobsStalled.inc({ queue });
    },
    locksLost(jobIds) {
      log.warn({ queue, jobIds }, "locks lost: Redis was not reached in time");
      metrics.jobLocksLost.inc({ queue }, jobIds.length);
    },
    tooNew(job) {
      log.warn({ queue, jobId: job.id, version: VERSION }, "job put aside: it waits for a worker of a later version");
      metrics.jobs.inc({ queue, outcome: "postponed" });
    },
    unsettled: (job, error) =>
      log.error(
        { queue, jobId: job.id, err: error },
        "record not told of its job's end; the reconciler will see to it",
      ),
    troubled(error) {
      // While Redis is away the same error comes every two seconds.
      if (error.message === trouble) return;
      trouble = error.message;
      log.warn({ queue, err: error }, "worker trouble");
    },
    recovered() {
      trouble = "";
    },
  };
}

function started({ queue, log, metrics }: Surroundings, job: Job): ReturnType<JobLog["started"]> {
  const about = { queue, jobId: job.id, attempt: job.attemptsMade + 1, start: job.attemptsStarted };
  const begun = performance.now();
  log.info(about, "job started");
  metrics.jobAttempts.inc({ queue });
  metrics.jobWait.observe({ queue }, waitedSeconds(job));
  return {
    ended(outcome, error) {
      const seconds = (performance.now() - begun) / 1000;
      const end = ENDS[outcome];
      metrics.jobDuration.observe({ queue, outcome: end?.counted ?? "failed" }, seconds);
      if (!end) return;
      log.info({ ...about, seconds, ...(error === undefined ? {} : { err: error }) }, end.words);
      metrics.jobs.inc({ queue, outcome: end.counted });
    },
  };
}

/** A counter that begins with its first count looks to Prometheus as if nothing had been added. */
function startAtZero(queue: QueueName, { jobAttempts, jobs, jobsStalled, jobLocksLost, jobWait }: Metrics): void {
  jobWait.zero({ queue });
  for (const counter of [jobAttempts, jobsStalled, jobLocksLost]) counter.inc({ queue }, 0);
  for (const outcome of JOB_OUTCOMES) jobs.inc({ queue, outcome }, 0);
}

/** Since the job was added; another machine's clock may be ahead of ours. */
const waitedSeconds = (job: Job): number => Math.max(0, (job.processedOn ?? Date.now()) - job.timestamp) / 1000;
