// What serving one exported model reads from the environment. No Redis and no store: their variables are not among these.
import { commonConfig, decoderConfig, fetchConfig, modelRunConfig, portConfig } from "@ursa/service/config";
import { z } from "zod";

const { URSA_HOST, URSA_LOG_LEVEL } = commonConfig;

export const serveConfig = z.object({
  URSA_HOST,
  ...portConfig(8090, "Port of the page, /v1/classify, /classify-url, health and metrics; 0 takes any free one"),
  URSA_LOG_LEVEL,
  URSA_MODEL_DIR: z.string().default("/model").meta({
    description: "Folder with the model.json and model.onnx that are served, as `ursa model export` writes it",
  }),
  ...modelRunConfig,
  ...decoderConfig,
  ...fetchConfig,
});
