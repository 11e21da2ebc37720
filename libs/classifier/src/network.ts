// What a whole network learns: every tensor by its name, the layer group whose rate it follows, and whether it decays.
import type { Backbone } from "./backbones/backbone.ts";
import type { LayerGroup } from "./backbones/layer-groups.ts";
import { statisticShapes as bodyStatistics, learnedShapes } from "./backbones/tensor-shapes.ts";
import { type HeadSize, isDecayed, statisticShapes, trainableShapes } from "./head.ts";

/** A body, or the part of one that is trained. */
type Stages = Pick<Backbone, "stages">;
export type Learned = { name: string; shape: readonly number[]; group: LayerGroup; isDecayed: boolean };

/** Everything that is learned when these stages are trained, in a fixed order. Only weights of convolutions and linear layers decay. */
export function learnedOf({ stages }: Stages, head: HeadSize): Learned[] {
  const body = stages.flatMap((stage) =>
    [...learnedShapes([stage])].map(
      ([name, shape]): Learned => ({ name, shape, group: stage.group, isDecayed: shape.length > 1 }),
    ),
  );
  const top = Object.entries(trainableShapes(head)).map(
    ([name, shape]): Learned => ({ name, shape, group: "head", isDecayed: isDecayed(name) }),
  );
  return [...body, ...top];
}

/** Names and shapes of what is measured rather than learned: the running statistics of every batch-norm. */
export const statisticsOf = ({ stages }: Stages, head: HeadSize): Record<string, readonly number[]> => ({
  ...Object.fromEntries(bodyStatistics(stages)),
  ...statisticShapes(head),
});
