// What can be said of a picture without knowing what it shows: how sharp it is, and how bright.
import { decodePicture, type RgbPicture } from "./decode-picture.ts";

export type PictureStatistics = {
  /** Variance of the Laplacian of luma (0 to 255) at the prepared size: 0 for a flat picture, some 20 out of focus, hundreds in it. */
  sharpness: number;
  /** Of 100 pixels the one that only one is brighter than: luma in [0, 1]. */
  brightest: number;
};

/** That of prepared pictures: sharpness depends on the scale, and is compared across a dataset. */
const SHORT_SIDE = 288;
const LEVELS = 256;

/** @throws ImageRefused */
export async function measurePicture(bytes: Uint8Array, maxPixels: number): Promise<PictureStatistics> {
  return statisticsOf(await decodePicture(bytes, { side: "short", pixels: SHORT_SIDE, mayEnlarge: false }, maxPixels));
}

export function statisticsOf(picture: RgbPicture): PictureStatistics {
  const luma = lumaOf(picture);
  return { sharpness: laplacianVariance(luma, picture), brightest: quantileOf(luma, 0.99) / (LEVELS - 1) };
}

/** BT.601, as every JPEG does it. */
function lumaOf({ pixels }: RgbPicture): Float32Array {
  const luma = new Float32Array(pixels.length / 3);
  for (let i = 0, at = 0; i < luma.length; i++, at += 3) {
    luma[i] = 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0);
  }
  return luma;
}

/** Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000). Without the border, which lacks neighbours. */
function laplacianVariance(luma: Float32Array, { width, height }: RgbPicture): number {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const around = (luma[at - 1] ?? 0) + (luma[at + 1] ?? 0) + (luma[at - width] ?? 0) + (luma[at + width] ?? 0);
      const value = around - 4 * (luma[at] ?? 0);
      sum += value;
      squares += value * value;
      count += 1;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

function quantileOf(luma: Float32Array, share: number): number {
  const histogram = new Uint32Array(LEVELS);
  for (const value of luma) {
    const level = Math.round(value);
    histogram[level] = (histogram[level] ?? 0) + 1;
  }
  let seen = 0;
  const level = histogram.findIndex((count) => {
    seen += count;
    return seen >= share * luma.length;
  });
  return Math.max(0, level);
}
