// The lesson's get_transforms() for one picture: all geometry is one homography, sampled once, then light.
// fastai's coordinates: -1 and 1 are the centres of the first and last pixel of a side (align_corners).
import type { RgbPicture } from "./decode-picture.ts";
import { compose, type Homography, homographyBetween } from "./homography.ts";
import { cropOffset } from "./resize-rule.ts";

export type AugmentationParameters = {
  /** Left to right. */
  flip: boolean;
  /** Top to bottom. */
  flipVertical: boolean;
  /** Rows become columns, after the flips and the crop: the three together are the eight ways to lay a square. */
  transpose: boolean;
  rotateDegrees: number;
  /** 1 is none, 1.1 shows a tenth less, around the point `zoomRow`, `zoomColumn` (0 to 1 of the frame). */
  zoom: number;
  zoomRow: number;
  zoomColumn: number;
  /** fastai's four magnitudes of `symmetric_warp`, 0 is none. */
  warp: [number, number, number, number];
  /** Added to the logit of each channel, 0 is none. */
  brightness: number;
  /** Multiplies the logit after that, 1 is none. */
  contrast: number;
  /** Position of the crop, 0 to 1, 0.5 is the centre. */
  cropRow: number;
  cropColumn: number;
};

/**
 * Bilinear, reflected at the borders. `picture` should have a short side of `size * zoom` to half as much again: it is not smoothed first.
 * @returns RGB `[size, size, 3]`
 */
export function augmentPixels(picture: RgbPicture, size: number, augmentation: AugmentationParameters): Uint8Array {
  return sample(picture, { size, map: sourceMap(picture, size, augmentation), light: lightTable(augmentation) });
}

/** Takes the centre of an output pixel, `[column, row]`, to a place in the source, in source pixels. */
export function sourceMap(
  source: { width: number; height: number },
  size: number,
  a: AugmentationParameters,
): Homography {
  const ratio = Math.min(source.width, source.height) / size;
  const frame = { width: Math.round(source.width / ratio), height: Math.round(source.height / ratio) };
  const cropped = translation(cropOffset(frame.width, size, a.cropColumn), cropOffset(frame.height, size, a.cropRow));
  const laid = compose(mirror(frame, a), cropped, a.transpose ? TRANSPOSED : IDENTITY);
  return compose(fromUnit(source), turnAndZoom(frame, a), warp(a.warp), toUnit(frame), laid);
}

const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const TRANSPOSED: Homography = [0, 1, 0, 1, 0, 0, 0, 0, 1];

function mirror({ width, height }: { width: number; height: number }, a: AugmentationParameters): Homography {
  const [x, fromX] = a.flip ? [-1, width - 1] : [1, 0];
  const [y, fromY] = a.flipVertical ? [-1, height - 1] : [1, 0];
  return [x, 0, fromX, 0, y, fromY, 0, 0, 1];
}

const translation = (x: number, y: number): Homography => [1, 0, x, 0, 1, y, 0, 0, 1];

function toUnit({ width, height }: { width: number; height: number }): Homography {
  return [2 / (width - 1), 0, -1, 0, 2 / (height - 1), -1, 0, 0, 1];
}

function fromUnit({ width, height }: { width: number; height: number }): Homography {
  return [(width - 1) / 2, 0, (width - 1) / 2, 0, (height - 1) / 2, (height - 1) / 2, 0, 0, 1];
}

// rotate @ zoom, with the off-diagonals scaled by the sides afterwards, so that a turn is one in pixels too.
function turnAndZoom({ width, height }: { width: number; height: number }, a: AugmentationParameters): Homography {
  const angle = (a.rotateDegrees * Math.PI) / 180;
  const [cos, sin, shift] = [Math.cos(angle), Math.sin(angle), 1 - 1 / a.zoom];
  const turn: Homography = [cos, -sin, 0, sin, cos, 0, 0, 0, 1];
  const towards: Homography = [
    ...[1 / a.zoom, 0, shift * (2 * a.zoomColumn - 1)],
    ...[0, 1 / a.zoom, shift * (2 * a.zoomRow - 1)],
    ...[0, 0, 1],
  ] as unknown as Homography; // Three rows of three, spread to keep them readable.
  const [xx, xy, x1, yx, yy, y1] = compose(turn, towards);
  return [xx, (xy * height) / width, x1, (yx * width) / height, yy, y1, 0, 0, 1];
}

function warp([m0, m1, m2, m3]: AugmentationParameters["warp"]): Homography {
  const corners = [
    [-1 - m3, -1 - m1],
    [-1 - m2, 1 + m1],
    [1 + m3, -1 - m0],
    [1 + m2, 1 + m0],
  ] as const;
  return homographyBetween(corners, [
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
  ]);
}

// Interpolated values are looked up at a sixteenth of a level, so that steep contrast shows no banding.
const STEPS = 16;

function lightTable({ brightness, contrast }: AugmentationParameters): Uint8Array {
  return Uint8Array.from({ length: 255 * STEPS + 1 }, (_, i) => {
    if (brightness === 0 && contrast === 1) return Math.round(i / STEPS);
    const value = Math.min(1 - 1e-7, Math.max(1e-7, i / (255 * STEPS)));
    const logit = (Math.log(value / (1 - value)) + brightness) * contrast;
    return Math.round(255 / (1 + Math.exp(-logit)));
  });
}

type Sampling = { size: number; map: Homography; light: Uint8Array };

// No array is made per pixel: this runs for every one that training sees, and takes half the time so.
function sample({ width, height, pixels }: RgbPicture, { size, map, light }: Sampling): Uint8Array {
  const [xx, xy, x1, yx, yy, y1, zx, zy, z1] = map;
  const stride = width * 3;
  const output = new Uint8Array(size * size * 3);
  for (let row = 0, to = 0; row < size; row++) {
    let x = xy * row + x1;
    let y = yy * row + y1;
    let z = zy * row + z1;
    for (let column = 0; column < size; column++, x += xx, y += yx, z += zx, to += 3) {
      const sx = reflect(x / z, width - 1);
      const sy = reflect(y / z, height - 1);
      const left = Math.min(sx | 0, width - 2);
      const top = Math.min(sy | 0, height - 2);
      const dx = sx - left;
      const dy = sy - top;
      const at = (top * width + left) * 3;
      const below = at + stride;
      for (let channel = 0; channel < 3; channel++) {
        const upper = level(pixels, at + channel) * (1 - dx) + level(pixels, at + 3 + channel) * dx;
        const lower = level(pixels, below + channel) * (1 - dx) + level(pixels, below + 3 + channel) * dx;
        output[to + channel] = level(light, ((upper * (1 - dy) + lower * dy) * STEPS + 0.5) | 0);
      }
    }
  }
  return output;
}

// In range by construction: reflect() and the two minima keep all four neighbours inside the picture, and a mean inside the table.
const level = (levels: Uint8Array, index: number): number => levels[index] as number;

// Folds a coordinate into [0, last], mirrored at the centres of the border pixels.
function reflect(at: number, last: number): number {
  if (at >= 0 && at <= last) return at;
  const folded = Math.abs(at) % (2 * last);
  return folded > last ? 2 * last - folded : folded;
}
