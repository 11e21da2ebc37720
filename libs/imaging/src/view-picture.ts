// The square a network sees, for validation, interpretation and inference alike.
import { type AugmentationParameters, augmentPixels } from "./augment-pixels.ts";
import { decodeAtScales, decodePicture, type RgbPicture, type Scale } from "./decode-picture.ts";
import { cropOffset, RESIZE_RULE } from "./resize-rule.ts";

/** @returns RGB `[size, size, 3]` by RESIZE_RULE. @throws ImageRefused */
export async function viewPicture(bytes: Uint8Array, size: number, maxPixels: number): Promise<Uint8Array> {
  const pixels = Math.round(size * RESIZE_RULE.shortSideRatio);
  // The crop is ours and not the decoder's: a decoder that crops does not read the rows it drops, nor see them missing.
  return cropCentre(await decodePicture(bytes, { side: "short", pixels, mayEnlarge: true }, maxPixels), size);
}

// Source pixels per output pixel that bilinear sampling takes without smoothing them first: fastai 1.0 allows two. A prepared picture
// has at most 1.3 at 224 pixels, and to scale it is a third of what a view costs.
const SAMPLED_UP_TO = 1.5;

/**
 * Views of a prepared picture or an original, RGB `[size, size, 3]` each. A prepared one is decoded once for all of them; of a larger
 * picture each zoom is another scale.
 * @throws ImageRefused
 */
export async function augmentPicture(
  bytes: Uint8Array,
  size: number,
  { augmentations, maxPixels }: { augmentations: readonly AugmentationParameters[]; maxPixels: number },
): Promise<Uint8Array[]> {
  const scales = augmentations.map(({ zoom }): Scale => {
    return { side: "short", pixels: Math.round(size * zoom), mayEnlarge: false, leftUpTo: SAMPLED_UP_TO };
  });
  const pictures = await decodeAtScales(bytes, scales, maxPixels);
  return augmentations.flatMap((augmentation, i) =>
    pictures.slice(i, i + 1).map((picture) => augmentPixels(picture, size, augmentation)),
  );
}

function cropCentre({ width, height, pixels }: RgbPicture, size: number): Uint8Array {
  const [left, top] = [cropOffset(width, size, 0.5), cropOffset(height, size, 0.5)];
  const output = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const start = ((top + row) * width + left) * 3;
    output.set(pixels.subarray(start, start + size * 3), row * size * 3);
  }
  return output;
}
