// Why a model has not the trained stage that someone wants to serve or to start from, and what there is instead.
import { type Model, STAGES, type StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";

/** @param stage the one that was asked for; any when left out. @returns Problem model_not_ready, to be thrown */
export function untrained(model: Model, stage?: StageName): Problem {
  const { id, state, recipe, artifacts } = model;
  const diverged = divergedStage(model);
  if (diverged && (stage ?? diverged) === diverged) {
    const healthy = STAGES.findLast((name) => artifacts.some((file) => file.stage === name));
    const instead = healthy ? `the last healthy stage, ${id}@${healthy}` : "a stage of another model";
    return notReady(`${diverged} of ${id} diverged: start again from the pretrained weights, or from ${instead}.`);
  }
  if (recipe.phases.every((phase) => phase === "lr-find"))
    return notReady(`${id} only looks for a learning rate: it has no trained stage.`);
  return notReady(`Model ${id} is ${state} and has no ${stage ?? "trained stage"} yet.`);
}

const notReady = (detail: string) => new Problem("model_not_ready", detail);

/** The first stage that the run did not bring to its end. */
const divergedStage = ({ error, recipe, stages }: Model): StageName | undefined =>
  error?.code === "training_diverged"
    ? STAGES.find((stage) => recipe.phases.includes(stage) && !stages.some(({ name }) => name === stage))
    : undefined;
