// How a model is trained: every knob the lesson turns, with its default, its limits and the range in which it trains.
import { z } from "zod";
import { usual } from "./usual-range.ts";

/** The first is the default and ships; the weights of the others are added. */
export const BACKBONES = ["efficientnet_lite0", "resnet18", "resnet34", "resnet50"] as const;

/** What a training run does, in this order. `lr-find` looks for a learning rate and may stand at any place. */
export const PHASES = ["stage-1", "lr-find", "stage-2"] as const;
export type PhaseName = (typeof PHASES)[number];

const phasesSchema = z
  .array(z.enum(PHASES))
  .min(1)
  .refine((phases) => new Set(phases).size === phases.length, { error: "names a phase twice; each runs once" })
  .refine((phases) => !phases.includes("stage-2") || phases.indexOf("stage-1") < phases.indexOf("stage-2"), {
    error: "has stage-2 before stage-1; the head is trained before the whole network",
  });

/** The lesson's first stage: the head only, 4 epochs of one-cycle at 3e-3. */
export const stage1Schema = z.strictObject({
  epochs: usual(z.int().min(1).max(1000).default(4).describe("Times every picture is seen."), 1, 100),
  learningRate: usual(
    z.number().positive().max(10).default(3e-3).describe("Top of the one-cycle schedule."),
    1e-4,
    0.1,
  ),
  batchSize: usual(
    z
      .union([z.literal("auto"), z.int().min(2).max(1024)])
      .default("auto")
      .describe("Pictures per step. auto: 64, or 32 below 320 training pictures, because few steps train badly."),
    8,
    256,
  ),
});

/** A top of the schedule. */
export const rateSchema = z.number().positive().max(10);

/** Of layer groups: `slice(lower, upper)` in fastai. */
export const ratesSchema = z.strictObject({
  lower: usual(rateSchema.optional().describe("Of the lowest layers."), 1e-8, 0.01),
  upper: usual(rateSchema.describe("Of the head."), 1e-6, 0.03),
});

/** The lesson's second stage: body and head together, 2 epochs, each layer group at its own rate. */
export const stage2Schema = z.strictObject({
  epochs: usual(z.int().min(1).max(1000).default(2).describe("Times every picture is seen."), 1, 100),
  rates: ratesSchema
    .optional()
    .describe(
      "Tops of the schedule for the lowest layers and for the head; without lower, upper / 10 for all layers below the head. Without rates: a tenth of stage 1's for the head, and for the lowest layers what lr-find suggests, or without lr-find no lower.",
    ),
  batchSize: usual(
    z
      .union([z.literal("auto"), z.int().min(2).max(1024)])
      .default("auto")
      .describe("Pictures per step. auto: 16."),
    4,
    128,
  ),
  trainBn: z
    .boolean()
    .default(false)
    .describe("The body's batch-norms follow the batches, as in fastai; off, they keep the statistics they came with."),
  trainFrom: z
    .string()
    .min(1)
    .max(20)
    .default("body-low")
    .describe(
      "The lowest layers that are trained: body-low is all of them, body-high the upper half, and a stage such as layer4 or blocks.5 what is from there up. Layers below keep their weights and are run once per view.",
    ),
});

const probability = z.number().min(0).max(1);

/** The arguments of fastai's get_transforms(), with its defaults. Each is drawn anew for every picture and view. */
const transforms = {
  flip: z.boolean().default(true).describe("Mirror half of the views left to right."),
  flipVertical: z
    .boolean()
    .default(false)
    .describe("With flip: one of the eight ways to turn and mirror a square instead, each as often as the others."),
  maxRotate: usual(
    z.number().min(0).max(180).default(10).describe("Largest turn, in degrees either way; 0 is none."),
    0,
    45,
  ),
  maxZoom: usual(z.number().min(1).max(4).default(1.1).describe("Largest magnification; 1 is none."), 1, 2),
  maxLighting: usual(
    z.number().min(0).max(0.9).default(0.2).describe("Largest change of brightness and contrast; 0 is none."),
    0,
    0.5,
  ),
  // At 0.4 no three corners can come to lie on a line, whatever is drawn.
  maxWarp: usual(z.number().min(0).max(0.4).default(0.2).describe("Largest change of perspective; 0 is none."), 0, 0.3),
  pAffine: probability.default(0.75).describe("How often each of turn, zoom and warp happens."),
  pLighting: probability.default(0.75).describe("How often each of brightness and contrast happens."),
};

/** What training counts as a mistake. Validation losses stay plain cross-entropy. */
const losses = {
  mixup: usual(
    z
      .number()
      .min(0)
      .max(2)
      .default(0)
      .describe("Alpha of stage 2's mixup, usually 0.4: pictures with a little of another each. 0 is none."),
    0,
    1,
  ),
  labelSmoothing: usual(
    z.number().min(0).max(0.9).default(0).describe("Part of each target that is spread over all classes."),
    0,
    0.3,
  ),
  classWeights: z
    .union([z.enum(["none", "balanced"]), z.record(z.string().min(1).max(200), z.number().min(0.01).max(100))])
    .default("none")
    .describe("How much a mistake counts, by class. balanced: all classes the same in sum. A class not named: 1."),
  oversample: z.boolean().default(false).describe("Show rare classes as often as the most frequent one."),
};

/** When training ends, and with which weights. */
const endings = {
  earlyStop: usual(
    z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("Stop after so many epochs without a lower valid loss; left out, never."),
    1,
    20,
  ),
  keepBest: z
    .boolean()
    .default(false)
    .describe("End with the weights of the epoch with the lowest valid loss, not of the last."),
};

export const recipeSchema = z.strictObject({
  backbone: z
    .enum(BACKBONES)
    .default("efficientnet_lite0")
    .describe("The pretrained network. The default ships; weights of the others are added."),
  size: usual(
    z
      .int()
      .min(64)
      .max(512)
      .multipleOf(32)
      .default(224)
      .describe("Side of the square input, in pixels. Above 256 training reads the originals, which is slower."),
    96,
    384,
  ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42)
    .describe("Of initialisation, shuffling, dropout and augmentation."),
  augment: z
    .boolean()
    .default(true)
    .describe("Off: only the place of the crop is random, whatever the transforms say."),
  ...transforms,
  pretrained: z
    .boolean()
    .default(true)
    .describe("Off: the body starts from random weights, which stage 1 does not train."),
  dropout: usual(
    z.number().min(0).max(0.95).default(0.5).describe("Before the last layer; half of it before the first."),
    0,
    0.8,
  ),
  weightDecay: usual(
    z.number().min(0).max(1).default(0.01).describe("Of weights, not of batch-norms and biases."),
    0,
    0.3,
  ),
  gradientClip: usual(
    z
      .number()
      .positive()
      .max(1000)
      .optional()
      .describe("Largest norm of all gradients together; left out, they are not clipped."),
    0.1,
    10,
  ),
  ...losses,
  ...endings,
  validFraction: usual(
    z.number().min(0.01).max(0.9).optional().describe("Re-cuts the dataset's ranking for this run only."),
    0.05,
    0.5,
  ),
  learningCurve: z
    .boolean()
    .default(false)
    .describe("After stage 1, train new heads on a quarter and on half of the pictures: would more pictures help?"),
  phases: phasesSchema
    .default([...PHASES])
    .describe(
      "What is done, in this order: stage-1 trains the head, stage-2 the whole network, and lr-find looks for a rate for what comes after it.",
    ),
  stage1: stage1Schema.prefault({}),
  stage2: stage2Schema.prefault({}),
  allowUnusual: z.boolean().default(false).describe("Take values outside the usual ranges: they are meant."),
});
export type Recipe = z.infer<typeof recipeSchema>;
