// What a sweep will run, settled from what was asked: combinations, seeds, and the ids of the models that its runs will be.
import type { Catalog } from "@ursa/catalog/catalog";
import { newId } from "@ursa/catalog/new-id";
import { rateBasisOf, stage2Rates } from "@ursa/classifier/stage-2-rates";
import type { Lineage } from "@ursa/contracts/model";
import type { Recipe } from "@ursa/contracts/recipe";
import { requestedRecipeSchema } from "@ursa/contracts/requested-recipe";
import { type CreateSweep, MAX_RUNS, type Sweep, type SweepCell } from "@ursa/contracts/sweep";
import { cellTitle, recipeOfCell, sweptStage } from "@ursa/contracts/sweep-cell";
import { bodyFault } from "./find-start.ts";
import { planModel } from "./plan-model.ts";

type Wanted = Omit<CreateSweep, "name"> & { namespace: string };
type Planned = Pick<Sweep, "dataset" | "split" | "classes" | "from" | "recipe" | "repeats" | "cells" | "runs">;
type Rates = Pick<CreateSweep, "learningRates" | "slices">;

/** The lesson's rate, and what is three times less and three times more. */
const DEFAULT_RATES = [1e-3, 3e-3, 1e-2];
/** The rates that a single run would take, times these. */
const AROUND = [1 / 3, 1, 3];

/** @throws Problem what createModel throws for its recipe and start, and invalid_request for a grid that is no use or too large */
export async function planSweep(catalog: Pick<Catalog, "get">, wanted: Wanted): Promise<Planned> {
  const { recipe, repeats } = wanted;
  checkAxes(wanted);
  const { dataset, classes, from, options } = await planModel(catalog, wanted);
  const rates = wanted.learningRates || wanted.slices ? wanted : defaultRates(recipe, from);
  const cells = cellsOf(rates, wanted.epochs ?? [recipe[sweptStage(recipe)].epochs]);
  checkSize(cells.length, repeats);
  for (const cell of cells) checkRecipe(recipe, cell, recipe.seed + repeats - 1);
  const split = { seed: options.splitSeed, validFraction: recipe.validFraction ?? options.validFraction };
  // The first repeat of all combinations comes before the second of any, so that the table has no gaps early.
  const runs = Array.from({ length: repeats }, (_, i) =>
    cells.map((_cell, cell) => ({ cell, seed: recipe.seed + i, model: newId("model") })),
  ).flat();
  return { dataset, split, classes, ...(from ? { from } : {}), recipe, repeats, cells, runs };
}

function checkAxes({ recipe: { phases }, slices, learningRates }: Wanted): void {
  const [hasHead, hasNetwork] = [phases.includes("stage-1"), phases.includes("stage-2")];
  if (!hasHead && !hasNetwork) throw bodyFault("recipe.phases", "trains nothing: a sweep needs stage-1 or stage-2");
  if (slices && !hasNetwork)
    throw bodyFault("slices", "are the rates of stage 2, which is not among the recipe's phases; add stage-2 to them");
  if (slices && learningRates && !hasHead)
    throw bodyFault("slices", "and learningRates both set the rates of stage 2, which is all that trains; give one");
}

function defaultRates(recipe: Recipe, from: Lineage | undefined): Rates {
  if (sweptStage(recipe) === "stage1") return { learningRates: DEFAULT_RATES };
  const { lower, upper } = stage2Rates(rateBasisOf({ recipe, from })).rates;
  if (lower === undefined) return { learningRates: AROUND.map((times) => round(upper * times)) };
  return { slices: AROUND.map((times) => [round(lower * times), round(upper * times)]) };
}

/** A rate of three digits is as good as one of sixteen, and can be read. */
const round = (rate: number): number => Number(rate.toPrecision(3));

function cellsOf({ learningRates, slices }: Rates, epochs: readonly number[]): SweepCell[] {
  const byRate = learningRates?.map((learningRate) => ({ learningRate })) ?? [{}];
  const bySlice = slices?.map((slice) => ({ slice })) ?? [{}];
  return byRate.flatMap((rate) =>
    bySlice.flatMap((slice) => epochs.map((count) => ({ ...rate, ...slice, epochs: count }))),
  );
}

function checkSize(cells: number, repeats: number): void {
  const runs = cells * repeats;
  if (runs <= MAX_RUNS) return;
  const message = `${cells} combinations with ${repeats} repeats each are ${runs} runs; a sweep has at most ${MAX_RUNS}: take fewer values or repeats`;
  throw bodyFault("", message);
}

/** Each run is held to what a request for it alone is held to; of the seeds the last is the highest. */
function checkRecipe(recipe: Recipe, cell: SweepCell, seed: number): void {
  const fault = requestedRecipeSchema.safeParse(recipeOfCell(recipe, cell, seed)).error?.issues[0];
  if (fault) throw bodyFault("", `${cellTitle(cell)}: ${fault.path.join(".")}: ${fault.message}`);
}
