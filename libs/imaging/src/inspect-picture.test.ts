import { createHash } from "node:crypto";
import { exifRotatedJpeg, jpegWithZip } from "@ursa/testing/hostile-pictures";
import { drawBear } from "@ursa/testing/pictures";
import sharp from "sharp";
import { expect, test } from "vitest";

import { inspectPicture } from "./inspect-picture.ts";
import { MAX_PIXELS } from "./max-pixels.ts";

test("says what is needed for a row of the manifest", async () => {
  const bytes = await drawBear("black", 1);
  const { width, height } = await sharp(bytes).metadata();
  expect(await inspectPicture(bytes, undefined, MAX_PIXELS)).toEqual({
    ...{ ok: true, format: "jpeg", width, height },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    perceptualHash: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

test("prepares an upright JPEG of the asked size that carries no metadata", async () => {
  const { prepared } = await inspectPicture(await exifRotatedJpeg(), 100, MAX_PIXELS);
  const header = await sharp(prepared).metadata();
  expect(header).toMatchObject({ format: "jpeg", width: 100, height: 160, chromaSubsampling: "4:4:4" });
  expect([header.orientation, header.exif, header.icc]).toEqual([undefined, undefined, undefined]);
});

test("drops an archive behind the picture", async () => {
  const bytes = await jpegWithZip();
  const { prepared } = await inspectPicture(bytes, 100, MAX_PIXELS);
  expect(bytes.includes("PK\x03\x04")).toBe(true);
  expect(Buffer.from(prepared ?? "PK\x03\x04").includes("PK\x03\x04")).toBe(false);
});

test("gives the same hash whether or not a picture is prepared", async () => {
  const bytes = await drawBear("teddy", 3);
  const [alone, prepared] = [
    await inspectPicture(bytes, undefined, MAX_PIXELS),
    await inspectPicture(bytes, 288, MAX_PIXELS),
  ];
  expect(alone.perceptualHash).toBe(prepared.perceptualHash);
});
