// What a trainer does with the jobs of its queue: it trains models and inspects datasets, one at a time.
import { type ChildJobDeps, createChildJob, type TrainerJob } from "./child-job.ts";
import { createInspectRelay } from "./inspect-relay.ts";
import { isInspection } from "./is-inspection.ts";
import { createRelay } from "./relay.ts";

export function createTrainerJobs(deps: ChildJobDeps): TrainerJob {
  const train = createChildJob(deps, "model", createRelay);
  const inspect = createChildJob(deps, "inspection", createInspectRelay);
  const jobOf = (payload: Parameters<TrainerJob["process"]>[0]) => (isInspection(payload) ? inspect : train);
  return {
    process: (payload, context) => jobOf(payload).process(payload, context),
    onGivenUp: (payload, error, held) => jobOf(payload).onGivenUp(payload, error, held),
  };
}
