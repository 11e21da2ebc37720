// Foreign bytes to upright sRGB pixels. Runs only inside decoder processes, because a codec may crash or hang.
import sharp from "sharp";

import { ImageRefused } from "./image-refused.ts";
import { MAX_PIXELS } from "./max-pixels.ts";
import { RESIZE_RULE } from "./resize-rule.ts";
import { type DecodedFormat, sniffFormat } from "./sniff.ts";

/** `pixels` is RGB, 8 bits, row by row: `[height, width, 3]`. */
export type RgbPicture = { width: number; height: number; pixels: Uint8Array };

export type DecodedPicture = RgbPicture & { format: DecodedFormat; original: { width: number; height: number } };

export type Scale = {
  side: "short" | "long";
  pixels: number;
  mayEnlarge: boolean;
  /** A side at most so many times `pixels` is left as it is; without it, every larger one is scaled. */
  leftUpTo?: number;
};

// A dozen pixels across show a network nothing; favicons, spacers and tracking pixels end here.
const MIN_SIDE = 32;
// The longest side WebP can have. A strip 32 pixels high and longer than this would take seconds to enlarge for a view.
const MAX_SIDE = 16_384;

/**
 * Decodes the whole first frame, turned upright by EXIF, in sRGB by the embedded profile, on white, scaled by `scale`.
 * JPEG and WebP are decoded at a fraction of their size where that is enough; every byte is still entropy-decoded, so a
 * truncated file is found all the same.
 * @throws ImageRefused for everything that is not one sound picture within the limits
 */
export async function decodePicture(bytes: Uint8Array, scale: Scale, maxPixels = MAX_PIXELS): Promise<DecodedPicture> {
  const header = await readHeader(bytes, maxPixels);
  return await decodeTo(bytes, { ...header, target: scaledSize(header.original, scale) }, maxPixels);
}

/** The same at several scales, in their order, decoded once for each size that comes of them. */
export async function decodeAtScales(
  bytes: Uint8Array,
  scales: readonly Scale[],
  maxPixels = MAX_PIXELS,
): Promise<DecodedPicture[]> {
  const header = await readHeader(bytes, maxPixels);
  const targets = scales.map((scale) => scaledSize(header.original, scale));
  const bySize = new Map<string, DecodedPicture>();
  for (const target of targets) {
    const size = sizeOf(target);
    if (!bySize.has(size)) bySize.set(size, await decodeTo(bytes, { ...header, target }, maxPixels));
  }
  return targets.flatMap((target) => bySize.get(sizeOf(target)) ?? []);
}

type Size = { width: number; height: number };
type Header = { format: DecodedFormat; original: Size };

const sizeOf = ({ width, height }: Size): string => `${width} x ${height}`;

async function decodeTo(
  bytes: Uint8Array,
  { format, original, target }: Header & { target: Size },
  maxPixels: number,
): Promise<DecodedPicture> {
  const pixels = await decodeTolerantly(bytes, target, maxPixels);
  if (pixels.length !== target.width * target.height * 3)
    throw new Error(`expected ${sizeOf(target)} x 3 bytes from a ${format}, got ${pixels.length}`);
  return { format, original, ...target, pixels };
}

async function readHeader(bytes: Uint8Array, maxPixels: number): Promise<Header> {
  const format = sniffFormat(bytes);
  // No pixel limit here: this reads the header only, and the check below can say the numbers.
  const header = await sharp(bytes, { limitInputPixels: false, pages: 1, failOn: "none" }).metadata().catch(refuse);
  const { width, height } = header.autoOrient;
  const size = `${width} x ${height} pixels`;
  if (width * height > maxPixels) throw new ImageRefused("too_many_pixels", `${size}, more than ${maxPixels} in all`);
  if (Math.max(width, height) > MAX_SIDE) {
    throw new ImageRefused("too_many_pixels", `${size}, more than ${MAX_SIDE} on a side`);
  }
  if (Math.min(width, height) < MIN_SIDE)
    throw new ImageRefused("too_small", `${size}, less than ${MIN_SIDE} on a side`);
  return { format, original: { width, height } };
}

function scaledSize({ width, height }: Size, scale: Scale): Size {
  const side = scale.side === "short" ? Math.min(width, height) : Math.max(width, height);
  const isNear = side >= scale.pixels && side <= scale.pixels * (scale.leftUpTo ?? 1);
  const ratio = isNear || (side < scale.pixels && !scale.mayEnlarge) ? 1 : scale.pixels / side;
  return { width: Math.max(1, Math.round(width * ratio)), height: Math.max(1, Math.round(height * ratio)) };
}

async function decodeTolerantly(bytes: Uint8Array, target: Size, maxPixels: number) {
  try {
    return await decode(bytes, target, { limitInputPixels: maxPixels, failOn: "warning" });
  } catch (error) {
    if (!isHarmless(error)) return refuse(error);
    return await decode(bytes, target, { limitInputPixels: maxPixels, failOn: "error" }).catch(refuse);
  }
}

// libjpeg's complaints about bytes around the picture rather than in it; such a file shows whole in every viewer.
const HARMLESS =
  /extraneous bytes before marker|unknown JFIF revision|Invalid SOS parameters|Adobe color transform|bad ICC marker/;

function isHarmless(error: unknown): boolean {
  return error instanceof Error && error.message.split("\n").every((line) => HARMLESS.test(line));
}

async function decode(
  bytes: Uint8Array,
  target: Size,
  strictness: { limitInputPixels: number; failOn: "warning" | "error" },
): Promise<Uint8Array> {
  return await sharp(bytes, { ...strictness, pages: 1, autoOrient: true, sequentialRead: true })
    .resize(target.width, target.height, { fit: "fill", kernel: RESIZE_RULE.interpolation })
    .flatten({ background: RESIZE_RULE.matte })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer();
}

function refuse(cause: unknown): never {
  const reason = String(cause instanceof Error ? cause.message : cause).split("\n")[0] ?? "";
  const outcome = /exceeds pixel limit/.test(reason) ? "too_many_pixels" : "corrupt_image";
  throw new ImageRefused(outcome, reason.slice(0, 200), { cause });
}
