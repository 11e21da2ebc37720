// The views of test-time augmentation, as fastai 1.0's `TTA` takes them: the plain one, and the four corners at a larger scale,
// each also flipped. fastai adds the training set's random transforms (turns, warps, light) to those eight; here nothing is
// random, so that the same picture always has the same answer.
import { type AugmentationParameters, augmentPixels } from "./augment-pixels.ts";
import { decodePicture } from "./decode-picture.ts";
import { viewPicture } from "./view-picture.ts";

/** fastai's `scale`: each corner view shows 1/1.35 of each side. */
const SCALE = 1.35;

/** Order as in fastai: bit 0 is the row, bit 1 the column, bit 2 the flip. */
export const TTA_AUGMENTATIONS: readonly AugmentationParameters[] = Array.from({ length: 8 }, (_, i) => {
  const [row, column] = [i & 1, (i >> 1) & 1];
  return {
    ...{ flip: i >= 4, flipVertical: false, transpose: false, rotateDegrees: 0, warp: [0, 0, 0, 0] },
    ...{ zoom: SCALE, zoomRow: row, zoomColumn: column, cropRow: row, cropColumn: column },
    ...{ brightness: 0, contrast: 1 },
  };
});

/**
 * Nine views, RGB `[size, size, 3]` each: first the plain one, to the byte what `viewPicture` makes, then the eight above, all
 * from one decoding at their larger scale.
 * @throws ImageRefused
 */
export async function ttaViews(bytes: Uint8Array, size: number, maxPixels: number): Promise<Uint8Array[]> {
  const plain = await viewPicture(bytes, size, maxPixels);
  const scale = { side: "short", pixels: Math.round(size * SCALE), mayEnlarge: false } as const;
  const picture = await decodePicture(bytes, scale, maxPixels);
  return [plain, ...TTA_AUGMENTATIONS.map((augmentation) => augmentPixels(picture, size, augmentation))];
}
