// A line of a shard's plan: an item before anything was tried, with its outcome where the list alone already decides it.

import { itemSchema } from "@ursa/contracts/dataset";
import type { z } from "zod";

export const planRowSchema = itemSchema.partial({ outcome: true });
export type PlanRow = z.infer<typeof planRowSchema>;
