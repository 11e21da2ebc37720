// The learning rates and the momentum that the steps of a stage were made with, worked out again from its one-cycle schedule.
import { type OneCyclePoint, oneCycle } from "./one-cycle.ts";

export type ScheduledStage = {
  /** Steps taken so far, and those the schedule was made for. */
  taken: number;
  total: number;
  /** Tops of the schedule, from the lowest layer group to the head. */
  rates: readonly number[];
};
export type ScheduledStep = OneCyclePoint & { step: number; lowestRate?: number };

/** At most `most` of the steps taken (at least 2), evenly, with the first and the last. Steps count from 1. */
export function scheduledSteps({ taken, total, rates }: ScheduledStage, most: number): ScheduledStep[] {
  const count = Math.min(taken, most);
  const picked = Array.from({ length: count }, (_, i) => Math.round((i * (taken - 1)) / Math.max(1, count - 1)));
  const [lowest, highest] = [rates[0], rates.at(-1)];
  if (lowest === undefined || highest === undefined) throw new RangeError("A stage has at least one layer group.");
  return picked.map((step) => ({
    step: step + 1,
    ...oneCycle(step, total, highest),
    ...(rates.length > 1 ? { lowestRate: oneCycle(step, total, lowest).learningRate } : {}),
  }));
}
