// A rate that a finder suggests, taken into the form of the next run.
import type { Finder, Model } from "@ursa/contracts/model";
import { PHASES } from "@ursa/contracts/recipe";

/** Stage 2's head rate where nobody says otherwise: a tenth of stage 1's. */
const STAGE_2_SHARE = 10;

/** What the address of Train says for a run like `model` at another rate: of the head alone it is stage 1's, of the whole network that of stage 2's lowest layers. */
export function formWith(
  { id, dataset, recipe, from }: Pick<Model, "id" | "dataset" | "recipe" | "from">,
  layers: Finder["layers"],
  rate: number,
): Record<string, string> {
  const chosen = String(Number(rate.toPrecision(2)));
  const upper = recipe.stage2.rates?.upper ?? recipe.stage1.learningRate / STAGE_2_SHARE;
  const rates =
    layers === "head"
      ? { "stage1.learningRate": chosen }
      : { "stage2.rates.lower": chosen, "stage2.rates.upper": String(Math.max(upper, Number(chosen))) };
  // A run that only looked for a rate is not what comes next.
  const trains = recipe.phases.some((phase) => phase !== "lr-find");
  const phases = from ? "stage-2" : PHASES.join(",");
  return { dataset: dataset.id, like: id, ...rates, ...(trains ? {} : { phases }) };
}
