// Discs of three neighbouring hues in grey and bluish clutter, drawn from a seed. What a network learned on photographs leaves such
// hues out: its body has to learn them.
import { rasterise } from "@ursa/imaging/rasterise";
import { ellipse, hsl, type Point } from "./drawn-shape.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";

export const DISC_KINDS = ["red", "vermilion", "orange"] as const;
export type DiscKind = (typeof DISC_KINDS)[number];

/** Degrees from one kind to the next; each disc is up to three off. */
const HUE_STEP = 14;
const CLUTTER = 10;

/** A JPEG of `side` x `side` pixels; the same arguments give the same bytes with the same libvips. */
export async function drawDisc(kind: DiscKind, seed: number, side: number): Promise<Buffer> {
  const random = seededRandom("disc", kind, seed);
  const hue = HUE_STEP * DISC_KINDS.indexOf(kind) + random.between(-3, 3);
  const radius = side * random.between(0.05, 0.1);
  const place = [random.between(radius, side - radius), random.between(radius, side - radius)] as const;
  const ground = hsl([random.between(90, 270), 30, random.between(20, 80)]);
  const clutter = Array.from({ length: CLUTTER }, () => drawClutter(random, side)).join("");
  const disc = ellipse(place, [radius, radius], hsl([hue, random.between(55, 95), random.between(35, 60)]));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">
    <rect width="100%" height="100%" fill="${ground}"/>${clutter}${disc}</svg>`;
  return await rasterise(svg, { quality: 90 });
}

function drawClutter(random: SeededRandom, side: number): string {
  const centre: Point = [random.between(0, side), random.between(0, side)];
  const reach: Point = [side * random.between(0.05, 0.25), side * random.between(0.05, 0.25)];
  return ellipse(centre, reach, hsl([random.between(90, 270), random.between(5, 50), random.between(15, 85)]));
}
