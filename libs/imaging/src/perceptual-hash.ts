// A 64-bit fingerprint that survives rescaling and recompression. Equal means the same group when data is split, so
// it is the DCT hash: gradient hashes (dHash) make far more unrelated pictures equal.
import type { RgbPicture } from "./decode-picture.ts";

const SIDE = 32;
const KEPT = 8;

/**
 * The DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), in the form of the
 * Python package ImageHash: 32 x 32 luma, DCT-II, its 8 x 8 lowest frequencies compared with their median.
 * A flat picture has no frequencies to compare and hashes to 8000000000000000 (only its mean is above the median).
 * @returns 16 hex digits, the lowest frequency in the highest bit
 */
export function perceptualHash(picture: RgbPicture): string {
  return hashOfLuma(averageLuma(picture));
}

/** The hash of a 32 x 32 luma picture, row by row. */
export function hashOfLuma(luma: Float64Array): string {
  const frequencies = lowFrequencies(luma);
  const sorted = frequencies.toSorted();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  const bits = Array.from(frequencies, (value) => (value > median ? "1" : "0")).join("");
  return BigInt(`0b${bits}`).toString(16).padStart(16, "0");
}

// Area average over fractional pixels, in our own arithmetic: a hash must not change with the resampler's version.
function averageLuma({ width, height, pixels }: RgbPicture): Float64Array {
  const columns = overlaps(width);
  const rows = overlaps(height);
  const squeezed = new Float64Array(height * SIDE);
  for (const { to, from, weight } of columns) {
    for (let y = 0, at = from * 3; y < height; y++, at += width * 3) {
      // BT.601, as every JPEG does it.
      const luma = 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0);
      squeezed[y * SIDE + to] = (squeezed[y * SIDE + to] ?? 0) + weight * luma;
    }
  }
  const averaged = new Float64Array(SIDE * SIDE);
  for (const { to, from, weight } of rows) {
    for (let x = 0; x < SIDE; x++) {
      averaged[to * SIDE + x] = (averaged[to * SIDE + x] ?? 0) + weight * (squeezed[from * SIDE + x] ?? 0);
    }
  }
  return averaged;
}

// Which source pixel weighs how much in which of the 32 cells; the weights of a cell add up to one.
function overlaps(length: number): { to: number; from: number; weight: number }[] {
  const cell = length / SIDE;
  const found: { to: number; from: number; weight: number }[] = [];
  for (let to = 0; to < SIDE; to++) {
    const [start, end] = [to * cell, (to + 1) * cell];
    for (let from = Math.floor(start); from < Math.min(Math.ceil(end), length); from++) {
      const weight = (Math.min(end, from + 1) - Math.max(start, from)) / cell;
      found.push({ to, from, weight });
    }
  }
  return found;
}

// cos(pi (2x + 1) u / 64) for u < 8, x < 32.
const COSINES = Array.from({ length: KEPT }, (_, u) =>
  Float64Array.from({ length: SIDE }, (_, x) => Math.cos((Math.PI * (2 * x + 1) * u) / (2 * SIDE))),
);

function lowFrequencies(luma: Float64Array): Float64Array {
  const found = new Float64Array(KEPT * KEPT);
  for (const [v, vertical] of COSINES.entries()) {
    const column = Float64Array.from({ length: SIDE }, (_, x) =>
      vertical.reduce((sum, cosine, y) => sum + cosine * (luma[y * SIDE + x] ?? 0), 0),
    );
    for (const [u, horizontal] of COSINES.entries()) {
      const sum = horizontal.reduce((total, cosine, x) => total + cosine * (column[x] ?? 0), 0);
      // Rounded, so that frequencies a flat or symmetric picture does not have are zero and not noise.
      found[v * KEPT + u] = Math.round(sum * 1e6) / 1e6;
    }
  }
  return found;
}
