// The line of the training table, as it is written down. JSON has no NaN, so the loss of a diverged run is stored as null.
import { epochRowSchema } from "@ursa/contracts/model";
import { z } from "zod";

export const storedLossSchema = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** Reads rows back as they were measured. */
export const storedEpochRowSchema = epochRowSchema.extend({
  trainLoss: storedLossSchema,
  trainLossEval: storedLossSchema,
  validLoss: storedLossSchema,
});
