// What a trainer does with the jobs of its queue: it trains models and inspects datasets, one at a time.
import type { JobWork } from "@ursa/queue/run-job";
import { isInspection } from "./is-inspection.ts";
import { createInspectEnding, createInspectProcess } from "./process-inspect.ts";
import { createTrainEnding, createTrainProcess, type TrainDeps } from "./process-train.ts";

export function createTrainerJobs(deps: TrainDeps): Required<Pick<JobWork<"train">, "process" | "onGivenUp">> {
  const [train, inspect] = [createTrainProcess(deps), createInspectProcess(deps)];
  const [endModel, endInspection] = [createTrainEnding(deps), createInspectEnding(deps)];
  return {
    process: (payload, context) => (isInspection(payload) ? inspect(payload, context) : train(payload, context)),
    onGivenUp: (payload, error, held) =>
      isInspection(payload) ? endInspection(payload, error, held) : endModel(payload, error, held),
  };
}
