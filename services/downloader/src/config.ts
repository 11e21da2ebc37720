// What the downloader reads from the environment.
import { commonConfig, count, decoderConfig, fetchConfig, portConfig, workerConfig } from "@ursa/service/config";
import { z } from "zod";

export const downloaderConfig = z.object({
  ...commonConfig,
  ...workerConfig,
  ...portConfig(8081, "Port of the internal /fetch, health and metrics"),
  URSA_CONCURRENCY: count(1024)
    .default(64)
    .meta({ description: "Downloads at once; each may hold a picture of up to 20 MB in memory" }),
  ...fetchConfig,
  ...decoderConfig,
});
