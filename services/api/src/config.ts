// What the API reads from the environment.
import { commonConfig, portConfig } from "@ursa/service/config";
import { z } from "zod";

export const apiConfig = z.object({
  ...commonConfig,
  ...portConfig(8080, "Port of the API and the status page"),
  URSA_DOWNLOADER_URL: z
    .url()
    .default("http://127.0.0.1:8081")
    .meta({ description: "Where the API reaches the downloader's /fetch" }),
  URSA_INFERER_URL: z
    .url()
    .default("http://127.0.0.1:8083")
    .meta({ description: "Where the API reaches an inferer's /classify" }),
});
