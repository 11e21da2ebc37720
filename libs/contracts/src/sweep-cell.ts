// A combination of a sweep: the recipe that it makes of the common one, and its words.
import type { Recipe } from "./recipe.ts";
import type { SweepCell } from "./sweep.ts";

/** The stage whose epochs, and learning rate where one is swept, are the cell's. */
export const sweptStage = ({ phases }: Pick<Recipe, "phases">): "stage1" | "stage2" =>
  phases.includes("stage-1") ? "stage1" : "stage2";

/** The common recipe with this cell's numbers and a run's seed. */
export function recipeOfCell(recipe: Recipe, cell: SweepCell, seed: number): Recipe {
  const { learningRate, slice, epochs } = cell;
  const isHead = sweptStage(recipe) === "stage1";
  const upper = isHead ? undefined : learningRate;
  const rates = slice ? { lower: slice[0], upper: slice[1] } : upper === undefined ? undefined : { upper };
  return {
    ...{ ...recipe, seed },
    stage1: {
      ...recipe.stage1,
      ...(isHead ? { epochs } : {}),
      ...(isHead && learningRate !== undefined ? { learningRate } : {}),
    },
    stage2: { ...recipe.stage2, ...(isHead ? {} : { epochs }), ...(rates ? { rates } : {}) },
  };
}

/** `lr 3e-3, 4 epochs` */
export function cellTitle({ learningRate, slice, epochs }: SweepCell): string {
  return [
    ...(learningRate === undefined ? [] : [`lr ${shortRate(learningRate)}`]),
    ...(slice ? [`slice ${shortSlice(slice)}`] : []),
    `${epochs} epoch${epochs === 1 ? "" : "s"}`,
  ].join(", ");
}

export const shortSlice = ([lower, upper]: readonly [number, number]): string =>
  `${shortRate(lower)},${shortRate(upper)}`;

/** As people write rates: 3e-3, 1.5e-4, 2. Three digits at most. */
export function shortRate(rate: number): string {
  const rounded = Number(rate.toPrecision(3));
  return rounded < 1 ? rounded.toExponential() : String(rounded);
}
