// Drawings to encoded pictures, for tests, benchmarks and the demo's gallery. The one place that reads SVG: never give
// it foreign bytes, and never import it in a service.
import sharp from "sharp";

export type RasterisedAs = {
  format?: "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif";
  quality?: number;
  /** `cmyk` needs JPEG or TIFF, `rgb16` PNG or TIFF. */
  colourspace?: "srgb" | "cmyk" | "rgb16" | "b-w";
  /** Writes an EXIF orientation (1 to 8) without turning the pixels. */
  orientation?: number;
  /** Converts to this ICC profile and embeds it. */
  profile?: "srgb" | "p3" | "cmyk";
  interlaced?: boolean;
};

/** Transparent where the drawing is, for formats that can; black there for JPEG. */
export async function rasterise(svg: string, as: RasterisedAs = {}): Promise<Buffer> {
  const { format = "jpeg", quality = 85, interlaced = false } = as;
  const drawing = sharp(Buffer.from(svg));
  if (as.colourspace) drawing.toColourspace(as.colourspace);
  if (as.profile) drawing.withIccProfile(as.profile);
  if (as.orientation) drawing.withMetadata({ orientation: as.orientation });
  return await drawing.toFormat(format, encoderOptions(format, { quality, interlaced })).toBuffer();
}

/** A looping GIF with one frame per drawing; all drawings have the same size. @param delayOf milliseconds that a frame stays */
export async function rasteriseAnimation(svgs: string[], delayOf = (_frame: number) => 100): Promise<Buffer> {
  const frames = await Promise.all(svgs.map((svg) => sharp(Buffer.from(svg)).png().toBuffer()));
  return await sharp(frames, { join: { animated: true } })
    // Drawings have few colours: the search for better ones would take three times as long.
    .gif({ delay: frames.map((_, frame) => delayOf(frame)), effort: 1, dither: 0 })
    .toBuffer();
}

/** One flat colour, of any size up to what the format allows: small files that decode to many pixels. */
export async function rasteriseFlat(width: number, height: number, format: "jpeg" | "png" = "png"): Promise<Buffer> {
  const create = { width, height, channels: 3, background: "#7a5230" } as const;
  const flat = sharp({ create, limitInputPixels: false });
  return await (format === "png" ? flat.png({ palette: true, colours: 2 }) : flat.jpeg()).toBuffer();
}

function encoderOptions(format: string, { quality, interlaced }: { quality: number; interlaced: boolean }) {
  if (format === "png") return { progressive: interlaced };
  return format === "gif" ? {} : { quality, ...(format === "jpeg" ? { progressive: interlaced } : {}) };
}
