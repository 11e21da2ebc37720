// How a picture becomes the square a network sees. Recorded in every model.json, so that serving repeats it exactly.

/**
 * The short side is scaled to `shortSideRatio * size` and the centre square is kept: the lesson's own crop. ImageNet's
 * 256/224 would throw away another fifth of the picture, which a fine-tuned network has no need of.
 */
export const RESIZE_RULE = {
  shortSideRatio: 1,
  crop: "centre",
  /** Anti-aliased Catmull-Rom: the kernel ImageNet weights are evaluated with. */
  interpolation: "cubic",
  /** What shows through transparent pixels: most cut-out pictures on the web are meant for a white page. */
  matte: "white",
  orientation: "exif",
} as const;

/** First row or column of a crop of `size` out of `length`, for a position from 0 to 1 (0.5 is the centre). */
export function cropOffset(length: number, size: number, position: number): number {
  // fastai's crop: every offset from 0 to length - size is equally likely for a uniform position.
  return Math.min(length - size, Math.floor((length - size + 1) * position));
}
