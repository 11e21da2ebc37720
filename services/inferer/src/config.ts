// What an inferer reads from the environment.
import { commonConfig, decoderConfig, modelRunConfig, portConfig, workerConfig } from "@ursa/service/config";
import { z } from "zod";

export const infererConfig = z.object({
  ...commonConfig,
  ...workerConfig,
  ...portConfig(8083, "Port of /classify, health and metrics"),
  URSA_ROLE: z.enum(["classify", "batch"]).default("classify").meta({
    description:
      "classify answers single pictures over HTTP; batch works on predictions and evaluations from the queue",
  }),
  ...modelRunConfig,
  URSA_MODEL_CACHE_MB: z.coerce
    .number()
    .positive()
    .default(512)
    .meta({ description: "Models kept in memory, in MB; the least recently used leaves first" }),
  ...decoderConfig,
});
