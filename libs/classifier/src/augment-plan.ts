// Draws the augmentation of one view, as fastai's get_transforms() does. The pixels are worked on elsewhere (imaging).
import type { StageName } from "@ursa/contracts/model";
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import { createRandom, type Random, STREAM } from "./random.ts";

/** Where the activations of views are kept, so many are drawn, then they repeat: eight differ about as much as more would. */
export const MAX_VIEWS = 8;

/** The arguments of get_transforms(). */
export type Transforms = {
  /** Off: nothing but the place of the crop is random, whatever the others say. */
  augment: boolean;
  flip: boolean;
  /** With `flip`: one of the eight ways to lay a square instead of one of two. */
  flipVertical: boolean;
  /** Degrees either way. */
  maxRotate: number;
  /** From 1. */
  maxZoom: number;
  /** 0 to 0.9. */
  maxLighting: number;
  /** 0 to 0.4. */
  maxWarp: number;
  pAffine: number;
  pLighting: number;
};

/** One view of one picture: of the stage that trains on it, its number from 0, and the picture's place among the training pictures. */
export type PlannedView = { stage: StageName; view: number; index: number };

/** What training does to that picture in that view: a stream of the seed's own, so that it depends on nothing that was drawn before. */
export function planAugmentation(
  recipe: Transforms & { seed: number },
  { stage, view, index }: PlannedView,
): AugmentationParameters {
  const stream = stage === "stage-1" ? STREAM.augmentation : STREAM.unfrozenAugmentation;
  return drawAugmentation(createRandom(recipe.seed, stream, view, index), recipe);
}

const FLIP_PROBABILITY = 0.5;

/** The transforms of a recipe and nothing else of it: what a set of training views depends on besides its seed. */
export function transformsOf(recipe: Transforms): Transforms {
  const { augment, flip, flipVertical, maxRotate, maxZoom, maxLighting, maxWarp, pAffine, pLighting } = recipe;
  return { augment, flip, flipVertical, maxRotate, maxZoom, maxLighting, maxWarp, pAffine, pLighting };
}

/** The centre crop and nothing else: what validation and inference see. */
export const NO_AUGMENTATION: AugmentationParameters = {
  flip: false,
  flipVertical: false,
  transpose: false,
  rotateDegrees: 0,
  zoom: 1,
  zoomRow: 0.5,
  zoomColumn: 0.5,
  warp: [0, 0, 0, 0],
  brightness: 0,
  contrast: 1,
  cropRow: 0.5,
  cropColumn: 0.5,
};

/**
 * Each transform is drawn on its own, and every number is drawn whether it is used or not: one argument changes nothing of
 * what the others draw.
 */
export function drawAugmentation(random: Random, transforms: Transforms): AugmentationParameters {
  const { maxRotate, maxZoom, maxWarp, pAffine } = transforms;
  const crop = { cropRow: random.uniform(), cropColumn: random.uniform() };
  if (!transforms.augment) return { ...NO_AUGMENTATION, ...crop };
  const unlessSkipped = <T>(probability: number, drawn: T, none: T): T =>
    random.uniform() < probability ? drawn : none;
  const symmetric = (largest: number) => random.uniform(-largest, largest);
  const { zoom, zoomRow, zoomColumn, warp } = NO_AUGMENTATION;
  const none = { zoom, zoomRow, zoomColumn };
  const zoomed = { zoom: random.uniform(1, maxZoom), zoomRow: random.uniform(), zoomColumn: random.uniform() };
  const warped: typeof warp = [symmetric(maxWarp), symmetric(maxWarp), symmetric(maxWarp), symmetric(maxWarp)];
  return {
    ...crop,
    warp: unlessSkipped(pAffine, warped, warp),
    rotateDegrees: unlessSkipped(pAffine, symmetric(maxRotate), 0),
    ...unlessSkipped(pAffine, zoomed, none),
    ...drawLight(random, transforms),
    ...drawFlips(random, transforms),
  };
}

function drawLight(random: Random, { maxLighting, pLighting }: Transforms) {
  const brightness = logit(random.uniform(0.5 - maxLighting / 2, 0.5 + maxLighting / 2));
  // Even in the logarithm, so that darker and lighter are equally likely: exp(U(ln 0.8, ln 1.25)).
  const limit = Math.log(1 - maxLighting);
  const contrast = Math.exp(random.uniform(limit, -limit));
  return {
    brightness: random.uniform() < pLighting ? brightness : 0,
    contrast: random.uniform() < pLighting ? contrast : 1,
  };
}

// fastai's flip_lr at a half, or its dihedral, whose three bits are these.
function drawFlips(random: Random, { flip, flipVertical }: Transforms) {
  const bit = () => random.uniform() < FLIP_PROBABILITY;
  const bits = { flip: bit(), flipVertical: bit(), transpose: bit() };
  if (!flip) return { flip: false, flipVertical: false, transpose: false };
  return flipVertical ? bits : { ...bits, flipVertical: false, transpose: false };
}

const logit = (probability: number): number => Math.log(probability / (1 - probability));
