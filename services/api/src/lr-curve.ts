// GET /v1/models/{id}/lr-curve: the finder's curve as it was stored, the schedule worked out again from the recipe and the steps.
import { LAYER_GROUPS } from "@ursa/classifier/backbones/layer-groups";
import { scheduledSteps } from "@ursa/classifier/lr-schedule";
import { sliceRates } from "@ursa/classifier/slice-rates";
import { stage2Rates } from "@ursa/classifier/stage-2-rates";
import { type LrCurve, MAX_SCHEDULE_POINTS } from "@ursa/contracts/lr-curve";
import { type Model, STAGES, type StageName } from "@ursa/contracts/model";

export function lrCurveOf(model: Model): LrCurve {
  const schedule = STAGES.flatMap((stage) => {
    const last = model.epochs.findLast((row) => row.stage === stage);
    if (!last?.steps) return [];
    const total = (last.steps / last.epoch) * epochsOf(model, stage);
    const points = scheduledSteps({ taken: last.steps, total, rates: ratesOf(model, stage) }, MAX_SCHEDULE_POINTS);
    return [{ stage, points }];
  });
  return { ...(model.finder ? { finder: model.finder } : {}), schedule };
}

const epochsOf = ({ recipe }: Model, stage: StageName): number =>
  (stage === "stage-1" ? recipe.stage1 : recipe.stage2)?.epochs ?? 0;

/** Tops of the schedule by layer group, as the trainer chose them. */
function ratesOf({ recipe, finder }: Model, stage: StageName): number[] {
  if (stage === "stage-1") return [recipe.stage1.learningRate];
  const { rates } = stage2Rates({
    stage1Rate: recipe.stage1.learningRate,
    suggestion: finder?.suggestions?.valley,
    given: recipe.stage2?.rates,
  });
  return sliceRates(rates, LAYER_GROUPS.length);
}
