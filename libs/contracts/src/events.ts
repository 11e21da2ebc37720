// Live events of a dataset, model, prediction, evaluation, inspection, regression or sweep: one tagged union, carried by a Redis stream and sent as SSE.
import { z } from "zod";
import { epochRowSchema } from "./model.ts";
import { progressSchema, recordErrorSchema, stateSchema } from "./record.ts";

export const eventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("state"), state: stateSchema, error: recordErrorSchema.optional() }),
  z.object({ type: z.literal("progress"), progress: progressSchema }),
  z.object({ type: z.literal("epoch"), row: epochRowSchema }),
  z.object({ type: z.literal("log"), message: z.string().max(2000) }),
]);
export type UrsaEvent = z.infer<typeof eventSchema>;
