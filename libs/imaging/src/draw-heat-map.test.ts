import { drawBear } from "@ursa/testing/pictures";
import sharp from "sharp";
import { expect, test } from "vitest";
import { drawHeatMap } from "./draw-heat-map.ts";

async function squareOf(colour: string, width: number, height: number) {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
}

async function pixelsOf(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return {
    info,
    at: (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)],
  };
}

test("the map lies over the centre square that the network sees, light where it is hot, and beside it the picture is as it was", async () => {
  const map = { class: "teddy", rows: 1, columns: 2, values: [0, 1] };
  const { info, at } = await pixelsOf(await drawHeatMap(await squareOf("#808080", 300, 100), map));
  expect([info.width, info.height]).toEqual([300, 100]);
  expect(at(50, 50)).toEqual([128, 128, 128]);
  expect(at(250, 50)).toEqual([128, 128, 128]);
  const [[cold = 255], [hot = 0]] = [at(105, 50), at(195, 50)];
  expect(cold).toBeLessThan(80);
  expect(hot).toBeGreaterThan(180);
});

test("a large picture is drawn at a size to look at", async () => {
  const map = { class: "teddy", rows: 2, columns: 2, values: [0, 0, 0, 1] };
  const large = await sharp(await drawBear("teddy", 1))
    .resize(2000, 1000, { fit: "fill" })
    .jpeg()
    .toBuffer();
  const { info } = await pixelsOf(await drawHeatMap(large, map));
  expect([info.width, info.height]).toEqual([1024, 512]);
});
