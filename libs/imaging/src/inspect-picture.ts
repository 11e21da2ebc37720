// Full verification of one picture, and what the dataset keeps of it.
import { createHash } from "node:crypto";

import { type DecodedPicture, decodePicture } from "./decode-picture.ts";
import { encodeJpeg } from "./encode-jpeg.ts";
import { perceptualHash } from "./perceptual-hash.ts";

export type SoundPicture = {
  ok: true;
  format: DecodedPicture["format"];
  /** After orientation. */
  width: number;
  height: number;
  /** Of the bytes as they came. */
  sha256: string;
  /** 16 hex digits. */
  perceptualHash: string;
  /** JPEG for training shards, present when a `preparedShortSide` was asked for. */
  prepared?: Uint8Array;
};

// What datasets use, and what the hash is taken at when nothing is prepared, so that both ways give the same hash.
const PREPARED_SHORT_SIDE = 288;
// 40 kB a picture at 288; the loss is below what resampling for augmentation adds.
const PREPARED_QUALITY = 90;

/** @throws ImageRefused */
export async function inspectPicture(
  bytes: Uint8Array,
  preparedShortSide: number | undefined,
  maxPixels: number,
): Promise<SoundPicture> {
  const scale = { side: "short", pixels: preparedShortSide ?? PREPARED_SHORT_SIDE, mayEnlarge: false } as const;
  const picture = await decodePicture(bytes, scale, maxPixels);
  return {
    ok: true,
    format: picture.format,
    ...picture.original,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    perceptualHash: perceptualHash(picture),
    ...(preparedShortSide === undefined ? {} : { prepared: await encodeJpeg(picture, PREPARED_QUALITY) }),
  };
}
