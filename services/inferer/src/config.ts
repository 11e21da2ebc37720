// What an inferer reads from the environment.
import { availableParallelism } from "node:os";
import { commonConfig, count, decoderConfig, portConfig } from "@ursa/service/config";
import { z } from "zod";

/** Beyond four threads one picture of a small network gains nothing; more pictures at once are more inferers. */
const MAX_THREADS = 4;

export const infererConfig = z.object({
  ...commonConfig,
  ...portConfig(8083, "Port of /classify, health and metrics"),
  URSA_ROLE: z.enum(["classify", "batch"]).default("classify").meta({
    description:
      "classify answers single pictures over HTTP; batch works on predictions and evaluations from the queue",
  }),
  URSA_THREADS: count(256)
    .default(Math.min(availableParallelism(), MAX_THREADS))
    .meta({ description: "Threads of one model run; default: one per core, at most 4" }),
  URSA_MODEL_CACHE_MB: z.coerce
    .number()
    .positive()
    .default(512)
    .meta({ description: "Models kept in memory, in MB; the least recently used leaves first" }),
  ...decoderConfig,
});
