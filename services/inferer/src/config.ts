// What an inferer reads from the environment.
import { availableParallelism } from "node:os";
import { commonConfig } from "@ursa/service/config";
import { z } from "zod";

/** Beyond four threads one picture of a small network gains nothing; more pictures at once are more inferers. */
const MAX_THREADS = 4;

export const infererConfig = z.object({
  ...commonConfig,
  URSA_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8083)
    .meta({ description: "Port of /classify, health and metrics" }),
  URSA_ROLE: z
    .enum(["classify", "batch"])
    .default("classify")
    .meta({ description: "classify answers single pictures over HTTP; batch works on predictions from the queue" }),
  URSA_THREADS: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(Math.min(availableParallelism(), MAX_THREADS))
    .meta({ description: "Threads of one model run; default: one per core, at most 4" }),
  URSA_MODEL_CACHE_MB: z.coerce
    .number()
    .positive()
    .default(512)
    .meta({ description: "Models kept in memory, in MB; the least recently used leaves first" }),
  URSA_DECODERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: "Decoder processes; default: one per core, at most 4" }),
});
