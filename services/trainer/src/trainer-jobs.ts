// What a trainer does with the jobs of its queue: it trains models, inspects datasets and fits regressions, one at a time.
import { type ChildJobDeps, createChildJob, type TrainerJob } from "./child-job.ts";
import { createInspectRelay } from "./inspect-relay.ts";
import { kindOf } from "./kind-of.ts";
import { createRegressJob } from "./regress-job.ts";
import { createRelay } from "./relay.ts";

export function createTrainerJobs(deps: ChildJobDeps): TrainerJob {
  const jobs = {
    model: createChildJob(deps, "model", createRelay),
    inspection: createChildJob(deps, "inspection", createInspectRelay),
    regression: createRegressJob(deps),
  };
  const jobOf = (payload: Parameters<TrainerJob["process"]>[0]) => jobs[kindOf(payload)];
  return {
    process: (payload, context) => jobOf(payload).process(payload, context),
    onGivenUp: (payload, error, held) => jobOf(payload).onGivenUp(payload, error, held),
  };
}
