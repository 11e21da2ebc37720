// What the downloader reads from the environment.
import { commonConfig, count, decoderConfig, portConfig } from "@ursa/service/config";
import { VERSION } from "@ursa/service/version";
import { z } from "zod";

export const downloaderConfig = z.object({
  ...commonConfig,
  ...portConfig(8081, "Port of the internal /fetch, health and metrics"),
  URSA_CONCURRENCY: count(1024)
    .default(64)
    .meta({ description: "Downloads at once; each may hold a picture of up to 20 MB in memory" }),
  URSA_FETCH_TIMEOUT_S: z.coerce
    .number()
    .min(1)
    .max(600)
    .default(30)
    .meta({ description: "Seconds one URL may take, redirects included, before it ends as timeout" }),
  URSA_USER_AGENT: z.string().min(1).max(200).default(`Ursa/${VERSION} (image dataset builder)`).meta({
    description: "Who asks, for the servers that are asked; add a way to reach you. default: Ursa and its version",
  }),
  ...decoderConfig,
  URSA_FETCH_ALLOW: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((entry) => entry.trim() || []))
    .meta({
      description:
        "Places beyond the public internet that may be fetched from: address:port or range:port, comma-separated",
    }),
});
