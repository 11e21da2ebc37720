// A regression: a line, or a polynomial, fitted to points by gradient descent on the mean squared error, with every step kept.
// It needs no dataset and no model; it shows on two numbers what training does with millions.
import { z } from "zod";
import { regressionIdSchema, sha256Schema } from "./ids.ts";
import { recordBase } from "./record.ts";

export const MAX_DEGREE = 15;
export const MAX_STEPS = 2000;
export const MAX_POINTS = 10_000;
/** Its fifteenth power, squared, is still a number. */
const MAX_COORDINATE = 1e9;

const finite = z.number().min(-MAX_COORDINATE).max(MAX_COORDINATE);
const pointSchema = z.tuple([finite, finite]);
export type RegressionPoint = z.infer<typeof pointSchema>;

/** Of a polynomial, the highest power first: of a line its slope and then its intercept. */
const parametersSchema = z
  .array(finite)
  .min(2)
  .max(MAX_DEGREE + 1);

/** x is uniform in (-1, 1), y the polynomial's value and noise: uniform in (0, `scale`), or normal of that deviation. */
const drawnSchema = z.strictObject({
  count: z.int().min(2).max(2000).default(100),
  coefficients: parametersSchema
    .default([3, 2])
    .describe("Of the polynomial behind the points, the highest power first."),
  noise: z.enum(["uniform", "normal"]).default("uniform"),
  scale: z.number().min(0).max(1e6).default(1),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42),
});
export type DrawnPoints = z.infer<typeof drawnSchema>;

/** Factors of the largest rate that does not diverge on these very points. */
export const RATE_PRESETS = { "too-big": 1.05, good: 0.1, "too-small": 0.005 } as const;
export const ratePresetSchema = z.enum(["good", "too-big", "too-small"]);
export type RatePreset = z.infer<typeof ratePresetSchema>;

/** Left out: the lesson's. */
export const LESSON = { start: [-1, 1], learningRate: 0.1, steps: 100, printEvery: 10 } as const;

export const createRegressionSchema = z.strictObject({
  name: z.string().max(200).optional(),
  drawn: drawnSchema
    .optional()
    .describe("How points are drawn. Left out, with no points given: a hundred about y = 3x + 2."),
  points: z.array(pointSchema).min(2).max(MAX_POINTS).optional().describe("Your own points, as pairs of x and y."),
  csv: z.string().max(1_000_000).optional().describe("Your own points, as lines of x and y with or without a header."),
  heldOutFraction: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.2)
    .describe("Of your own points, how many are not fitted to. Beside drawn points as many again are drawn for that."),
  degree: z.int().min(1).max(MAX_DEGREE).default(1),
  rescale: z
    .boolean()
    .default(false)
    .describe("Maps x to -1 … 1 before anything is fitted, as one rate for all parameters needs."),
  learningRate: z.number().positive().max(1e6).optional().describe("Left out: 0.1."),
  preset: ratePresetSchema.optional().describe("A rate chosen by these points, instead of `learningRate`."),
  steps: z.int().min(1).max(MAX_STEPS).default(LESSON.steps),
  batchSize: z.int().min(1).max(MAX_POINTS).optional().describe("Points in each step. Left out: all of them."),
  start: parametersSchema.optional().describe("Left out: (-1, 1), and 0 for every higher power."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42)
    .describe("Of the batches' order and of what is held out."),
});
export type CreateRegression = z.output<typeof createRegressionSchema>;

/** Where the parameters come to rest: fitted in closed form. `loss` is the mean squared error there, its floor. */
const optimumSchema = z.object({ parameters: z.array(z.number()), loss: z.number() });

export const REGRESSION_OUTCOMES = ["arrived", "on-its-way", "diverged"] as const;
/** `arrived`: 99 % of the way from the first loss down to the floor, or more. `diverged`: the loss is above where it began. */
const regressionOutcomeSchema = z.enum(REGRESSION_OUTCOMES);
export type RegressionOutcome = z.infer<typeof regressionOutcomeSchema>;

export const regressionSummarySchema = z.object({
  outcome: regressionOutcomeSchema,
  /** After the last step that gave numbers: fewer than were asked for where the loss outgrew what a number holds. */
  steps: z.int(),
  parameters: z.array(z.number()),
  firstLoss: z.number(),
  loss: z.number(),
  optimum: optimumSchema,
  /** Of gradient descent over all points: above it the loss grows with every step, 2 by the largest curvature. */
  largestRate: z.number(),
});
export type RegressionSummary = z.infer<typeof regressionSummarySchema>;

const settledFields = {
  degree: z.int(),
  rescale: z.boolean(),
  learningRate: z.number(),
  preset: ratePresetSchema.optional(),
  batchSize: z.int().optional(),
  start: z.array(z.number()),
  seed: z.int(),
};

export const regressionSchema = z.object({
  id: regressionIdSchema,
  ...recordBase,
  ...settledFields,
  data: z.discriminatedUnion("source", [
    z.object({ source: z.literal("drawn"), ...drawnSchema.shape }),
    z.object({ source: z.literal("given"), count: z.int(), sha256: sha256Schema, heldOutFraction: z.number() }),
  ]),
  steps: z.int(),
  summary: regressionSummarySchema.optional(),
  result: z.object({ key: z.string(), bytes: z.int(), sha256: sha256Schema }).optional(),
});
export type Regression = z.infer<typeof regressionSchema>;

const stepSchema = z.object({
  /** Updates made before; the first row is the start. */
  step: z.int(),
  parameters: z.array(z.number()),
  /** Mean squared error over all points that are fitted to. */
  loss: z.number(),
  heldOutLoss: z.number().optional(),
  /** Of the points that the next update is made by, where that is not all. */
  batchLoss: z.number().optional(),
});
export type RegressionStep = z.infer<typeof stepSchema>;

const degreeSchema = z.object({
  degree: z.int(),
  trainLoss: z.number(),
  heldOutLoss: z.number().optional(),
  /** The fitted polynomial at each x of `grid`. */
  values: z.array(z.number()),
});

/** regression.json */
export const regressionResultSchema = z.object({
  format: z.literal(1),
  regressionId: regressionIdSchema,
  ...settledFields,
  ...regressionSummarySchema.shape,
  steps: z.array(stepSchema),
  points: z.array(z.tuple([z.number(), z.number()])),
  heldOut: z.array(z.tuple([z.number(), z.number()])),
  /** Parameters are of powers of (x - shift) / factor. */
  xScale: z.object({ shift: z.number(), factor: z.number() }),
  /** Of points that were drawn, before chance had its say. Left out where the degree is too low for the truth. */
  expected: optimumSchema.optional(),
  /** Of a line: closed curves of equal loss in the plane of slope and intercept, the highest first. */
  contours: z.array(z.object({ loss: z.number(), points: z.array(z.tuple([z.number(), z.number()])) })),
  grid: z.array(z.number()),
  /** The best polynomial of each degree that these points can tell apart, in closed form. */
  degrees: z.array(degreeSchema),
});
export type RegressionResult = z.infer<typeof regressionResultSchema>;

/** A polynomial's value, the highest power first (Horner). */
export const valueAt = (parameters: readonly number[], x: number): number =>
  parameters.reduce((value, parameter) => value * x + parameter, 0);

/** What the parameters of a result say for an x of its points. */
export const predictedAt = ({ xScale }: Pick<RegressionResult, "xScale">, parameters: readonly number[], x: number) =>
  valueAt(parameters, (x - xScale.shift) / xScale.factor);
