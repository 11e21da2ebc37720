// Takes away everything sharp can do that decoding strangers' pictures does not need. For decoder processes only.
import sharp from "sharp";

// Buffers of four formats. What reads a file, or SVG, TIFF, PDF, HEIF and the rest, stays blocked.
const ALLOWED_LOADERS = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadNsgifBuffer",
];

/** One thread and no cache, too: the pool is the parallelism, and no two pictures are the same. */
export function restrictSharp(): void {
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: ALLOWED_LOADERS });
  sharp.concurrency(1);
  sharp.cache(false);
}
