// Layer groups: what learns at which rate, and what does not learn at all. fastai's `split` and `freeze_to`, by name.
import type { Backbone, Stage } from "./backbone.ts";
import { learnedShapes } from "./tensor-shapes.ts";

/** From the picture to the answer. */
export const LAYER_GROUPS = ["body-low", "body-high", "head"] as const;
export type LayerGroup = (typeof LAYER_GROUPS)[number];

export type Freeze = {
  /** A prefix of the stages: what it makes of a picture never changes, so it need be computed once only. */
  frozen: readonly Stage[];
  trained: readonly Stage[];
};

/** Trains `lowest` and every group above it: "head" freezes the whole body (stage 1), "body-low" nothing. */
export function freezeTo({ stages }: Backbone, lowest: LayerGroup): Freeze {
  const isTrained = ({ group }: Stage) => LAYER_GROUPS.indexOf(group) >= LAYER_GROUPS.indexOf(lowest);
  return { frozen: stages.filter((stage) => !isTrained(stage)), trained: stages.filter(isTrained) };
}

/** The group of every learned tensor of the body, by name. */
export function groupsOf({ stages }: Backbone): Map<string, LayerGroup> {
  return new Map(
    stages.flatMap((stage) =>
      [...learnedShapes([stage]).keys()].map((name): [string, LayerGroup] => [name, stage.group]),
    ),
  );
}
