// Draws the augmentation of one view, as fastai's get_transforms() does. The pixels are worked on elsewhere (imaging).
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import type { Random } from "./random.ts";

// Defaults of get_transforms(): max_rotate, max_zoom, max_warp, max_lighting, p_affine = p_lighting.
const MAX_ROTATE_DEGREES = 10;
const MAX_ZOOM = 1.1;
const MAX_WARP = 0.2;
const MAX_LIGHTING = 0.2;
const PROBABILITY = 0.75;
const FLIP_PROBABILITY = 0.5;

/** The centre crop and nothing else: what validation and inference see. */
export const NO_AUGMENTATION: AugmentationParameters = {
  flip: false,
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

/** Each transform is drawn on its own. With `augment` off only the place of the crop is random, as in the lesson. */
export function drawAugmentation(random: Random, augment: boolean): AugmentationParameters {
  const crop = { cropRow: random.uniform(), cropColumn: random.uniform() };
  if (!augment) return { ...NO_AUGMENTATION, ...crop };
  const chosen = (probability: number) => random.uniform() < probability;
  const warp = () => random.uniform(-MAX_WARP, MAX_WARP);
  const focus = { zoomRow: random.uniform(), zoomColumn: random.uniform() };
  return {
    ...crop,
    flip: chosen(FLIP_PROBABILITY),
    warp: chosen(PROBABILITY) ? [warp(), warp(), warp(), warp()] : [0, 0, 0, 0],
    rotateDegrees: chosen(PROBABILITY) ? random.uniform(-MAX_ROTATE_DEGREES, MAX_ROTATE_DEGREES) : 0,
    ...(chosen(PROBABILITY)
      ? { zoom: random.uniform(1, MAX_ZOOM), ...focus }
      : { zoom: 1, zoomRow: 0.5, zoomColumn: 0.5 }),
    brightness: chosen(PROBABILITY) ? logit(random.uniform(0.5 - MAX_LIGHTING / 2, 0.5 + MAX_LIGHTING / 2)) : 0,
    contrast: chosen(PROBABILITY) ? drawContrast(random) : 1,
  };
}

// Even in the logarithm, so that darker and lighter are equally likely: exp(U(ln 0.8, ln 1.25)).
function drawContrast(random: Random): number {
  const limit = Math.log(1 - MAX_LIGHTING);
  return Math.exp(random.uniform(limit, -limit));
}

const logit = (probability: number): number => Math.log(probability / (1 - probability));
