// GET /v1/models/{id}/lr-curve: the finder's curve as it was stored, the schedule worked out again from the recipe and the epochs.
import { LAYER_GROUPS } from "@ursa/classifier/backbones/layer-groups";
import { scheduledSteps } from "@ursa/classifier/lr-schedule";
import { oneCycle } from "@ursa/classifier/one-cycle";
import { sliceRates } from "@ursa/classifier/slice-rates";
import { rateBasisOf, stage2Rates } from "@ursa/classifier/stage-2-rates";
import { type LrCurve, MAX_SCHEDULE_POINTS } from "@ursa/contracts/lr-curve";
import { type Model, STAGES, type StageName } from "@ursa/contracts/model";

export function lrCurveOf(model: Model): LrCurve {
  const schedule = STAGES.flatMap((stage) => {
    const last = model.epochs.findLast((row) => row.stage === stage);
    if (!last?.steps) return [];
    const total = (last.steps / last.epoch) * epochsOf(model, stage);
    // A schedule is proportional to its top, so the rate of any step tells the top that was chosen, by whatever rule.
    const top = last.learningRate / oneCycle(last.steps - 1, total, 1).learningRate;
    const points = scheduledSteps({ taken: last.steps, total, rates: ratesOf(model, stage, top) }, MAX_SCHEDULE_POINTS);
    return [{ stage, points }];
  });
  return { ...(model.finder ? { finder: model.finder } : {}), schedule };
}

const epochsOf = ({ recipe }: Model, stage: StageName): number =>
  (stage === "stage-1" ? recipe.stage1 : recipe.stage2).epochs;

/** Tops of the schedule by layer group; `top` is the head's. */
function ratesOf(model: Model, stage: StageName, top: number): number[] {
  if (stage === "stage-1") return [top];
  const { rates } = stage2Rates(rateBasisOf(model));
  return sliceRates({ ...rates, upper: top }, LAYER_GROUPS.length);
}
