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
  /** Those that learn, the head's included. */
  groups: readonly LayerGroup[];
};

/**
 * Trains `lowest`, a layer group or a stage, and everything above it: "head" freezes the whole body (stage 1), "body-low" nothing.
 * @throws RangeError naming what there is, when the backbone has no such part
 */
export function freezeTo({ name, stages }: Backbone, lowest: string): Freeze {
  const isLowest = (stage: Stage) => stage.group === lowest || stage.name === lowest;
  const from = lowest === "head" ? stages.length : stages.findIndex(isLowest);
  if (from < 0) throw new RangeError(`${name} has no part ${lowest}; there are ${partsOf(stages).join(", ")}.`);
  const trained = stages.slice(from);
  const groups = LAYER_GROUPS.filter((group) => group === "head" || trained.some((stage) => stage.group === group));
  return { frozen: stages.slice(0, from), trained, groups };
}

const partsOf = (stages: readonly Stage[]): string[] => [...LAYER_GROUPS, ...stages.map(({ name }) => name)];

/** The group of every learned tensor of the body, by name. */
export function groupsOf({ stages }: Backbone): Map<string, LayerGroup> {
  return new Map(
    stages.flatMap((stage) =>
      [...learnedShapes([stage]).keys()].map((name): [string, LayerGroup] => [name, stage.group]),
    ),
  );
}
