// A heat map laid over the picture that it is of, as one picture.
import { type HeatMap, heatPixels } from "@ursa/contracts/heat-map";
import sharp from "sharp";
import { decodePicture } from "./decode-picture.ts";
import { cropOffset } from "./resize-rule.ts";

/** Enough for a slide; a map of 7 x 7 places tells no more in a larger one. */
const LONG_SIDE = 1024;

/** @param bytes the picture. @returns a PNG of it, upright, the map over the centre square that the network saw. @throws ImageRefused */
export async function drawHeatMap(bytes: Uint8Array, map: HeatMap): Promise<Uint8Array> {
  const { width, height, pixels } = await decodePicture(bytes, { side: "long", pixels: LONG_SIDE, mayEnlarge: false });
  const side = Math.min(width, height);
  const input = await sharp(heatPixels(map), { raw: { width: map.columns, height: map.rows, channels: 4 } })
    .resize(side, side, { fit: "fill", kernel: "linear" })
    .png()
    .toBuffer();
  const [left, top] = [cropOffset(width, side, 0.5), cropOffset(height, side, 0.5)];
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .composite([{ input, left, top }])
    .png()
    .toBuffer();
}
