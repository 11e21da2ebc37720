// Which of a model's stages answers when nobody names one.
import { type Artifact, STAGES, type StageName } from "./model.ts";

/** The last stage that is finished, which is when its network can be served; undefined while there is none. */
export const latestStage = (artifacts: readonly Pick<Artifact, "stage" | "name">[]): StageName | undefined =>
  STAGES.toReversed().find((stage) => artifacts.some((file) => file.stage === stage && file.name === "model.onnx"));
