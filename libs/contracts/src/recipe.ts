// How a model is trained: every knob the lesson turns, with its default.
import { z } from "zod";

export const BACKBONES = ["efficientnet_lite0"] as const;

/** The lesson's defaults: head only, 4 epochs of one-cycle at 3e-3. */
const stage1Schema = z.strictObject({
  epochs: z.int().min(1).max(1000).default(4),
  /** Top of the one-cycle schedule. */
  learningRate: z.number().positive().max(10).default(3e-3),
  /** `auto`: 64, or 32 below 320 training pictures (few steps train badly). */
  batchSize: z.union([z.literal("auto"), z.int().min(2).max(1024)]).default("auto"),
});

const probability = z.number().min(0).max(1);

/** The arguments of fastai's get_transforms(), with its defaults. Each is drawn anew for every picture and view. */
const transforms = {
  flip: z.boolean().default(true).describe("Mirror half of the views left to right."),
  flipVertical: z
    .boolean()
    .default(false)
    .describe("With flip: one of the eight ways to turn and mirror a square instead, each as often as the others."),
  maxRotate: z.number().min(0).max(180).default(10).describe("Largest turn, in degrees either way; 0 is none."),
  maxZoom: z.number().min(1).max(4).default(1.1).describe("Largest magnification; 1 is none."),
  maxLighting: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe("Largest change of brightness and contrast; 0 is none."),
  // At 0.4 no three corners can come to lie on a line, whatever is drawn.
  maxWarp: z.number().min(0).max(0.4).default(0.2).describe("Largest change of perspective; 0 is none."),
  pAffine: probability.default(0.75).describe("How often each of turn, zoom and warp happens."),
  pLighting: probability.default(0.75).describe("How often each of brightness and contrast happens."),
};

export const recipeSchema = z.strictObject({
  backbone: z.enum(BACKBONES).default("efficientnet_lite0"),
  /** Side of the square input in pixels. */
  size: z.int().min(64).max(256).multipleOf(32).default(224),
  /** Seed of initialisation, shuffling, dropout and augmentation. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42),
  augment: z
    .boolean()
    .default(true)
    .describe("Off: only the place of the crop is random, whatever the transforms say."),
  ...transforms,
  /** Off: the body starts from random weights, which stage 1 does not train. */
  pretrained: z.boolean().default(true),
  dropout: z.number().min(0).max(0.95).default(0.5),
  weightDecay: z.number().min(0).max(1).default(0.01),
  /** Re-cuts the dataset's ranking for this run only. */
  validFraction: z.number().min(0.01).max(0.9).optional(),
  stage1: stage1Schema.prefault({}),
});
export type Recipe = z.infer<typeof recipeSchema>;
