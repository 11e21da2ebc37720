// Recipes by name: what one runs every day, and the lesson's four ways to fail, to see what each looks like.
import type { z } from "zod";
import type { recipeSchema } from "./recipe.ts";

export type RecipeFields = z.input<typeof recipeSchema>;
export type RecipeName = "quick" | "lesson" | "one-epoch" | "too-many-epochs" | "lr-too-high" | "lr-too-low";

const HEAD_ONLY: RecipeFields["phases"] = ["stage-1"];

/** `fields` are those that differ from the defaults. The failures say that they are meant. */
export const NAMED_RECIPES: Record<RecipeName, { says: string; fields: RecipeFields }> = {
  quick: { says: "the head only, 4 epochs at 3e-3", fields: { phases: HEAD_ONLY } },
  lesson: {
    says: "the defaults, both stages: the head for 4 epochs, then all layers for 2, at the rate that the finder suggests",
    fields: {},
  },
  "one-epoch": {
    says: "too few epochs: the train loss stays far above the valid loss",
    fields: { phases: HEAD_ONLY, stage1: { epochs: 1 } },
  },
  // The lesson unfreezes at once. Stage 2 needs a head of stage 1, so that one is as short and as slow as it can be.
  "too-many-epochs": {
    says: "40 epochs of all layers on a tenth of the pictures with nothing against overfitting: the train loss falls below the valid loss, and an error rate that rises again is the sign",
    fields: {
      ...{ phases: ["stage-1", "stage-2"], augment: false, dropout: 0, weightDecay: 0, validFraction: 0.9 },
      stage1: { epochs: 1, learningRate: 1e-4, batchSize: 32 },
      stage2: { epochs: 40, rates: { lower: 1e-6, upper: 1e-4 }, batchSize: 32 },
      allowUnusual: true,
    },
  },
  "lr-too-high": {
    says: "a learning rate of 0.5: losses burst",
    fields: { phases: HEAD_ONLY, allowUnusual: true, stage1: { epochs: 1, learningRate: 0.5 } },
  },
  "lr-too-low": {
    says: "a learning rate of 1e-5: losses hardly fall",
    fields: { phases: HEAD_ONLY, allowUnusual: true, stage1: { epochs: 5, learningRate: 1e-5 } },
  },
};

// Object.keys of a record yields its keys.
export const RECIPE_NAMES = Object.keys(NAMED_RECIPES) as RecipeName[];
