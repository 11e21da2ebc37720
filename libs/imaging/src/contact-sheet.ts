// Views as training sees them, side by side on one sheet with a line of text above each. The pixels of a view are on it as they are.
import sharp from "sharp";

export type ContactSheet = {
  /** RGB `[size, size, 3]` each, one after the other. */
  views: Uint8Array;
  /** One for each view: text, in which nothing is markup. */
  titles: readonly string[];
  /** Pixels. */
  size: number;
  columns: number;
};

/** Pixels around every picture, and of the line above it. */
const [GAP, LINE] = [8, 22];
const FONT = { font: "sans 11", dpi: 96 } as const;

/** The upper left corner of a view on its sheet, in pixels. */
export const placeOnSheet = (index: number, { size, columns }: Pick<ContactSheet, "size" | "columns">) => ({
  left: GAP + (index % columns) * (size + GAP),
  top: LINE + Math.floor(index / columns) * (size + LINE + GAP),
});

/** @returns a PNG on white, in as many rows as there are views for */
export async function drawContactSheet({ views, titles, size, columns }: ContactSheet): Promise<Uint8Array> {
  const rows = Math.ceil(titles.length / columns);
  const [width, height] = [GAP + columns * (size + GAP), rows * (size + LINE + GAP)];
  const pixels = new Uint8Array(width * height * 3).fill(255);
  const drawn = new Map<string, Mask>();
  for (const [index, title] of titles.entries()) {
    const { left, top } = placeOnSheet(index, { size, columns });
    for (let row = 0; row < size; row++) {
      const from = (index * size + row) * size * 3;
      pixels.set(views.subarray(from, from + size * 3), ((top + row) * width + left) * 3);
    }
    const mask = drawn.get(title) ?? (await drawLine(title, size));
    drawn.set(title, mask);
    write({ pixels, width }, mask, { left, top: top - LINE + 4, columns: size, rows: LINE - 5 });
  }
  // Photographs gain little from a longer search, which takes several times as long.
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toBuffer();
}

/** Where ink is, 0 to 255. */
type Mask = { width: number; height: number; channels: number; data: Uint8Array };

/** What is too wide ends in an ellipsis. */
async function drawLine(text: string, width: number): Promise<Mask> {
  const whole = await drawText(text);
  if (whole.width <= width) return whole;
  const letters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  return drawText(`${letters.slice(0, Math.floor((letters.length * width) / whole.width) - 1).join("")}…`);
}

async function drawText(text: string): Promise<Mask> {
  const markup = text.replace(/[&<>'"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const { data, info } = await sharp({ text: { text: markup, ...FONT } })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

type Box = { left: number; top: number; columns: number; rows: number };

/** Black on white, as much of it as the box has room for. */
function write(sheet: { pixels: Uint8Array; width: number }, mask: Mask, box: Box): void {
  for (let row = 0; row < Math.min(mask.height, box.rows); row++) {
    for (let column = 0; column < Math.min(mask.width, box.columns); column++) {
      const ink = mask.data[(row * mask.width + column) * mask.channels] ?? 0;
      const at = ((box.top + row) * sheet.width + box.left + column) * 3;
      sheet.pixels.fill(255 - ink, at, at + 3);
    }
  }
}
