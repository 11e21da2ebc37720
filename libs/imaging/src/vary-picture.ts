// A picture as somebody else may have saved it, for tests and benchmarks: never for foreign bytes in a service.
import sharp from "sharp";

export type Variation = {
  /** Of the JPEG, 1 to 100. */
  quality?: number;
  /** Of both sides. */
  scale?: number;
  /** Share of both sides that is cut off, half of it at either end. */
  crop?: number;
  /** Deviation of a Gaussian, in pixels. */
  blur?: number;
  /** Of every pixel; 1 changes nothing. */
  brightness?: number;
};

/** @returns a JPEG */
export async function varyPicture(bytes: Uint8Array, variation: Variation): Promise<Uint8Array> {
  const { quality = 85, scale = 1, crop = 0, blur, brightness = 1 } = variation;
  const upright = await sharp(bytes).autoOrient().flatten({ background: "#fff" }).toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const part = (side: number, share: number) => Math.max(1, Math.round(side * share));
  const varied = sharp(upright.data)
    .extract({
      ...{ left: Math.round((width * crop) / 2), top: Math.round((height * crop) / 2) },
      ...{ width: part(width, 1 - crop), height: part(height, 1 - crop) },
    })
    .resize(part(width, (1 - crop) * scale), part(height, (1 - crop) * scale), { fit: "fill" })
    .linear(brightness, 0);
  return await (blur ? varied.blur(blur) : varied).jpeg({ quality }).toBuffer();
}
