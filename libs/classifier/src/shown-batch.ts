// Which pictures are shown to a person, and in which of their views: those that training has, in an order of the seed's own.
import { MAX_VIEWS, type PlannedView } from "./augment-plan.ts";
import { createRandom, STREAM } from "./random.ts";

export type ShownBatch = {
  seed: number;
  /** From 1: pages go on until every picture was shown once, and then from the first again. */
  page: number;
  /** So many different pictures. */
  pictures: number;
  stage: PlannedView["stage"];
  /** Of the stage, from 1: the first that is shown. */
  epoch: number;
  /** So many epochs of each picture, one after the other. */
  views: number;
};

/** @param places of the pictures to choose from, among the training pictures @returns the views, each picture's together */
export function planBatch(places: readonly number[], shown: ShownBatch): (PlannedView & { epoch: number })[] {
  const { seed, page, pictures, stage, epoch, views } = shown;
  const order = createRandom(seed, STREAM.shownBatch).permutation(places.length);
  return Array.from({ length: Math.min(pictures, places.length) }, (_, i) => {
    const index = places[order[((page - 1) * pictures + i) % places.length] ?? 0] ?? 0;
    return Array.from({ length: views }, (_, later) => {
      const at = epoch + later;
      // Stage 1 keeps what the body makes of its views, so they come again; stage 2 draws new ones.
      return { stage, index, epoch: at, view: stage === "stage-1" ? (at - 1) % MAX_VIEWS : at - 1 };
    });
  }).flat();
}
