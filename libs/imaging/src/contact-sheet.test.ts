// Views on a sheet: their own pixels, and above each the name of its class as text, whatever is in it.
import sharp from "sharp";
import { expect, test } from "vitest";
import { drawContactSheet, placeOnSheet } from "./contact-sheet.ts";

const SIZE = 96;

/** A view of one grey, which no ink has beside white. */
const flat = (grey: number) => new Uint8Array(SIZE * SIZE * 3).fill(grey);

async function sheetOf(titles: string[], columns = titles.length) {
  const views = Buffer.concat(titles.map((_, index) => flat(10 + index)));
  const png = await drawContactSheet({ views, titles, size: SIZE, columns });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (column: number, row: number) =>
    data.subarray((row * info.width + column) * 3, (row * info.width + column) * 3 + 3);
  /** Columns of the line above a view that have ink, and whether it has a colour. */
  const line = (index: number) => {
    const { left, top } = placeOnSheet(index, { size: SIZE, columns });
    const pixels = Array.from({ length: SIZE }, (_, x) =>
      Array.from({ length: top }, (_, y) => [...at(left + x, top - 1 - y)]).slice(0, 20),
    );
    const inked = pixels.flatMap((column, x) => (column.some(([red = 255]) => red < 128) ? [x] : []));
    return { inked, isGrey: pixels.flat().every(([red, green, blue]) => red === green && green === blue) };
  };
  return { png, info, at, line };
}

test("every view is there with its own pixels, in rows", async () => {
  const { info, at } = await sheetOf(["a", "b", "c", "d", "e"], 2);
  expect([info.format, info.width, info.channels]).toEqual(["raw", 8 + 2 * (SIZE + 8), 3]);
  for (const index of [0, 1, 2, 3, 4]) {
    const { left, top } = placeOnSheet(index, { size: SIZE, columns: 2 });
    for (const [x, y] of [
      [0, 0],
      [SIZE - 1, 0],
      [0, SIZE - 1],
      [SIZE - 1, SIZE - 1],
    ] as const)
      expect([...at(left + x, top + y)]).toEqual([10 + index, 10 + index, 10 + index]);
    for (const [x, y] of [
      [-1, 0],
      [SIZE, 0],
      [0, SIZE],
    ] as const)
      expect([...at(left + x, top + y)]).toEqual([255, 255, 255]);
  }
});

test("the same views and titles give the same bytes", async () => {
  const [one, two] = await Promise.all([sheetOf(["grizzly #1", "black #2"]), sheetOf(["grizzly #1", "black #2"])]);
  expect(Buffer.compare(one.png, two.png)).toBe(0);
});

test("markup in a name is text: nothing is coloured, and nothing of it is lost", async () => {
  const { line } = await sheetOf(["x", "<b>x</b>", "&amp;", "&", `<span color="red">`, "</span>", "&#120;"]);
  const inked = Array.from({ length: 7 }, (_, index) => line(index));
  expect(inked.every(({ isGrey }) => isGrey)).toBe(true);
  const widthOf = (index: number) => (inked[index]?.inked.at(-1) ?? 0) - (inked[index]?.inked[0] ?? 0);
  expect(inked.map(({ inked }) => inked.length > 0)).not.toContain(false);
  expect(widthOf(1)).toBeGreaterThan(5 * widthOf(0));
  expect(widthOf(2)).toBeGreaterThan(2 * widthOf(3));
  expect(widthOf(6)).toBeGreaterThan(4 * widthOf(0));
});

test("a name that is too long stays above its own picture", async () => {
  const { line, at } = await sheetOf(["mmmmm ".repeat(20), "b"]);
  const { left } = placeOnSheet(1, { size: SIZE, columns: 2 });
  expect(line(0).inked.length).toBeGreaterThan(SIZE / 2);
  for (let x = left - 8; x < left; x++) for (let y = 0; y < 22; y++) expect([...at(x, y)]).toEqual([255, 255, 255]);
});
