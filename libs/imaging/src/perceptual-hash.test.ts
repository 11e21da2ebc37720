import { readFileSync } from "node:fs";
import { drawBear } from "@ursa/testing/pictures";
import sharp from "sharp";
import { expect, test } from "vitest";

import { decodePicture } from "./decode-picture.ts";
import { hashOfLuma, perceptualHash } from "./perceptual-hash.ts";

test("equals the hash scipy's DCT gives", () => {
  // Written by tools/make-oracles/augment.py.
  const oracle = JSON.parse(readFileSync(new URL("./fixtures/augment.json", import.meta.url), "utf8")).perceptualHash;
  expect(hashOfLuma(Float64Array.from(Buffer.from(oracle.luma, "base64")))).toBe(oracle.expected);
});

test("moves by a few bits at most when a picture is shrunk and recompressed, and by many between pictures", async () => {
  const pictures = await Promise.all([1, 2, 3, 4, 5].map((seed) => drawBear("grizzly", seed)));
  const hashes = await Promise.all(pictures.map(hashOf));
  for (const [i, bytes] of pictures.entries()) {
    const smaller = await sharp(bytes).resize(320).jpeg({ quality: 70 }).toBuffer();
    expect(bitsBetween(await hashOf(smaller), hashes[i])).toBeLessThanOrEqual(4);
  }
  for (const other of hashes.slice(1)) expect(bitsBetween(hashes[0], other)).toBeGreaterThan(8);
});

test("is the same whatever size the picture was prepared at, for a picture without fine detail", () => {
  const ramp = (side: number) => ({
    ...{ width: side, height: side },
    pixels: Uint8Array.from({ length: side * side * 3 }, (_, i) => (Math.floor(i / 3) % side) * (224 / side)),
  });
  expect(perceptualHash(ramp(128))).toBe(perceptualHash(ramp(32)));
});

test.each([0, 77, 255])("all flat pictures of level %i and others are one group", (level) => {
  const flat = { width: 100, height: 60, pixels: new Uint8Array(100 * 60 * 3).fill(level) };
  expect(perceptualHash(flat)).toBe(level === 0 ? "0000000000000000" : "8000000000000000");
});

async function hashOf(bytes: Uint8Array): Promise<string> {
  return perceptualHash(await decodePicture(bytes, { side: "short", pixels: 288, mayEnlarge: false }));
}

function bitsBetween(a = "", b = ""): number {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll("0", "").length;
}
