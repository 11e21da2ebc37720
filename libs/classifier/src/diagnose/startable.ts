// How to follow an advice: the run that tries it, or the command that looks through the pictures or adds some.
import type { Change, Diagnosis, FindingCode, RecipeChange } from "@ursa/contracts/diagnosis";
import type { Model } from "@ursa/contracts/model";
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";
import { trainCommandOf } from "@ursa/contracts/recipe-command";
import { isFinal } from "@ursa/contracts/record";
import { requestedRecipeSchema } from "@ursa/contracts/requested-recipe";
import type { Judged } from "./changes.ts";
import type { Unjudged } from "./diagnose.ts";

/** What it takes to start the run where it is the recipe that changes; else what to do about the pictures. */
export function startable({ code, change }: Pick<Judged, "code" | "change">, model: Model): Change {
  if (!change.recipe) return { ...change, command: pictureCommand(code, model.dataset.id) };
  const run = runOf(model, changedRecipe(model.recipe, change.recipe));
  return { ...change, run, command: trainCommandOf(run) };
}

function runOf({ dataset, from }: Model, recipe: Recipe) {
  return { dataset: dataset.id, ...(from ? { from: `${from.model}@${from.stage}` } : {}), recipe };
}

function pictureCommand(code: FindingCode, dataset: string): string {
  if (code === "leakage") return `ursa clean ${dataset} --reason leak`;
  if (code === "label_noise") return `ursa clean ${dataset} --reason label`;
  return `ursa dataset add ${dataset} urls_*.txt`;
}

/** What was asked for may be outside the usual ranges; whoever follows the advice means it. */
function changedRecipe(recipe: Recipe, change: RecipeChange): Recipe {
  const { stage1, stage2, ...shared } = change;
  const changed = recipeSchema.parse({
    ...{ ...recipe, ...shared },
    ...{ stage1: { ...recipe.stage1, ...stage1 }, stage2: { ...recipe.stage2, ...stage2 } },
  });
  return requestedRecipeSchema.safeParse(changed).success ? changed : { ...changed, allowUnusual: true };
}

type Supply = Pick<Diagnosis["notJudged"][number], "remedy" | "command">;

/** How to supply what a rule lacks. */
export function supplyOf(need: Unjudged["need"], model: Model): Supply {
  if (need === "inspection")
    return { remedy: "Have the pictures inspected, then ask again.", command: `ursa clean ${model.dataset.id}` };
  if (need === "target")
    return {
      remedy: "Say which error rate you would be content with; or train with --learning-curve, which needs none.",
      command: `ursa model diagnose ${model.id} --target-error 0.02`,
    };
  if (need === "end" && !isFinal(model.state)) return { remedy: "Ask again when it has ended." };
  const remedy = need === "end" ? "Train it to the end." : "Train it again: runs of this version count them.";
  return { remedy, command: trainCommandOf(runOf(model, model.recipe)) };
}
