// Where stage 2 may begin to train, by backbone: a layer group, or a stage by the name it has in timm.
import type { BACKBONES } from "./recipe.ts";

const GROUPS = ["body-low", "body-high"] as const;
const RESNET = [...GROUPS, "stem", "layer1", "layer2", "layer3", "layer4"] as const;

/** In libs/classifier a test compares these with the backbones. */
export const TRAIN_FROM: Record<(typeof BACKBONES)[number], readonly string[]> = {
  efficientnet_lite0: [...GROUPS, "stem", ...Array.from({ length: 7 }, (_, i) => `blocks.${i}`), "conv_head"],
  resnet18: RESNET,
  resnet34: RESNET,
  resnet50: RESNET,
};
