// The learning rates of a training run: what the finder saw, and what the schedule gave each step.
import { z } from "zod";
import { finderSchema, stageNameSchema } from "./model.ts";

/** A longer stage is thinned to about this many steps, evenly, with its first and its last. */
export const MAX_SCHEDULE_POINTS = 2000;

export const schedulePointSchema = z.object({
  /** From 1, within the stage. */
  step: z.int().min(1),
  /** Of the head, which has the highest. */
  learningRate: z.number(),
  /** Of the lowest layers, where they are trained too. */
  lowestRate: z.number().optional(),
  /** Adam's first beta, which goes the other way. */
  momentum: z.number(),
});
export type SchedulePoint = z.infer<typeof schedulePointSchema>;

export const lrCurveSchema = z.object({
  finder: finderSchema.optional(),
  /** One entry for each stage that has finished an epoch. */
  schedule: z.array(z.object({ stage: stageNameSchema, points: z.array(schedulePointSchema) })),
});
export type LrCurve = z.infer<typeof lrCurveSchema>;
