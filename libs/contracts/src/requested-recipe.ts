// A recipe as it is asked for: by name or by its fields, and with unusual values only where they are meant. A record that is
// read back was asked for already.
import { z } from "zod";
import { NAMED_RECIPES, RECIPE_NAMES, type RecipeFields, type RecipeName } from "./named-recipes.ts";
import { ratesSchema, recipeSchema, stage1Schema, stage2Schema } from "./recipe.ts";
import { TRAIN_FROM } from "./train-from.ts";
import { unusualValues } from "./usual-range.ts";

const TWICE = "and classWeights both make rare classes count more; choose one";
const UNSEEN = "mixes pictures, and only stage-2 learns from pictures; name it among the phases or leave mixup out";
const REVERSED =
  "has a lower rate above the upper: the lowest layers, which know most already, come first, as in 1e-5 and 3e-4";
const FROZEN = "mixes pictures, and above frozen layers there are none; leave mixup out or trainFrom at body-low";

const checkedSchema = recipeSchema.superRefine((recipe, context) => {
  const places = TRAIN_FROM[recipe.backbone];
  if (!places.includes(recipe.stage2.trainFrom)) {
    const message = `is no part of ${recipe.backbone}; there are ${places.join(", ")}`;
    context.addIssue({ code: "custom", path: ["stage2", "trainFrom"], message });
  }
  if (recipe.oversample && recipe.classWeights !== "none")
    context.addIssue({ code: "custom", path: ["oversample"], message: TWICE });
  if (recipe.mixup > 0 && !recipe.phases.includes("stage-2"))
    context.addIssue({ code: "custom", path: ["mixup"], message: UNSEEN });
  if (recipe.mixup > 0 && recipe.stage2.trainFrom !== "body-low")
    context.addIssue({ code: "custom", path: ["mixup"], message: FROZEN });
  const { rates } = recipe.stage2;
  if (rates?.lower !== undefined && rates.lower > rates.upper)
    context.addIssue({ code: "custom", path: ["stage2", "rates"], message: REVERSED });
  if (recipe.allowUnusual) return;
  for (const { field, message } of unusualValues(recipeSchema.shape, recipe))
    context.addIssue({ code: "custom", path: [field], message });
  for (const { field, message } of unusualValues(stage1Schema.shape, recipe.stage1))
    context.addIssue({ code: "custom", path: ["stage1", field], message });
  for (const { field, message } of unusualValues(stage2Schema.shape, recipe.stage2))
    context.addIssue({ code: "custom", path: ["stage2", field], message });
  for (const { field, message } of unusualValues(ratesSchema.shape, rates ?? {}))
    context.addIssue({ code: "custom", path: ["stage2", "rates", field], message });
});

/** The fields of a named recipe. A union of both would answer a fault in the fields with the list of names. */
function fieldsOf(given: RecipeName | RecipeFields, context: z.RefinementCtx): RecipeFields {
  if (typeof given !== "string") return given;
  const name = RECIPE_NAMES.find((known) => known === given);
  if (name) return NAMED_RECIPES[name].fields;
  context.addIssue({
    code: "custom",
    message: `is no recipe's name; there are ${RECIPE_NAMES.join(", ")}`,
    input: given,
  });
  return z.NEVER;
}

const { $schema: _, ...fields } = z.toJSONSchema(recipeSchema, { io: "input" });

export const requestedRecipeSchema = z
  .preprocess(fieldsOf, checkedSchema)
  // What a function takes cannot be read off it.
  .meta({ anyOf: [{ type: "string", enum: RECIPE_NAMES }, fields] });
