// Where in a picture a network found what speaks for a class (Grad-CAM), and how that is drawn over the picture.
import { z } from "zod";

export const heatMapSchema = z.object({
  class: z.string(),
  /** It lies over the centre square of the upright picture, which is what the network sees. */
  rows: z.int().positive(),
  columns: z.int().positive(),
  values: z
    .array(z.number().min(0).max(1))
    .describe("Row by row, as a part of the strongest place; all 0 where nothing speaks for the class."),
});
export type HeatMap = z.infer<typeof heatMapSchema>;

/** Points of matplotlib's magma, red green blue, from 0 to 1: light where it is hot, and told apart also without colours. */
const MAGMA = [
  [0, 0, 4],
  [81, 18, 124],
  [183, 55, 121],
  [252, 137, 97],
  [252, 253, 191],
] as const;
/** Of 255: fastai's, so that the picture is still seen. */
const OPACITY = 153;

/** The map as pixels, RGBA [rows, columns, 4], to be laid over the square it belongs to. */
export function heatPixels({ values }: Pick<HeatMap, "values">): Uint8ClampedArray<ArrayBuffer> {
  return Uint8ClampedArray.from(values.flatMap((value) => [...colourOf(value), OPACITY]));
}

function colourOf(value: number): number[] {
  const place = value * (MAGMA.length - 1);
  const below = Math.min(Math.floor(place), MAGMA.length - 2);
  const [from, to] = [MAGMA[below] ?? MAGMA[0], MAGMA[below + 1] ?? MAGMA[0]];
  return from.map((part, i) => part + (place - below) * ((to[i] ?? 0) - part));
}
