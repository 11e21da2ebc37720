// Toy bears around the origin, sitting, about 170 high: round everywhere, with seams, pads, button eyes and often a bow.
import { ellipse, fur, type Hsl, hsl, lighter, type Point } from "./drawn-shape.ts";
import type { SeededRandom } from "./seeded-random.ts";

export function drawTeddy(random: SeededRandom): string {
  const plush: Hsl = random.pick<() => Hsl>([
    () => [random.between(24, 38), random.between(35, 60), random.between(35, 65)],
    () => [random.between(20, 30), random.between(25, 45), random.between(18, 32)],
    () => [random.between(35, 50), random.between(20, 50), random.between(75, 92)],
    () => [random.between(0, 360), random.between(25, 60), random.between(55, 80)],
    () => [0, random.between(0, 8), random.between(10, 25)],
  ])();
  const pad = hsl(lighter(plush, random.between(12, 22)));
  const seam = `stroke="${hsl(lighter(plush, -16))}" stroke-width="1.5" stroke-dasharray="4 3"`;
  const round = (at: Point, radii: Point) => ellipse(at, radii, hsl(plush), seam);
  const spread = random.between(36, 54);
  const limbs = [-1, 1].map((side) => {
    const reach = random.between(-22, 28);
    return [
      round([side * spread, 12 + reach * 0.4], [20, 32]),
      round([side * (spread + 4), 74], [26, 22]),
      ellipse([side * (spread + 6), 76], [14, 14], pad),
    ].join("");
  });
  const tummy = ellipse([0, 42], [28, 32], pad, `opacity="${random.between(0.2, 1).toFixed(2)}"`);
  const nap = `<path d="${fur(random, [0, 10], [46, 70], 90)}" stroke="${hsl(lighter(plush, 8))}" fill="none" opacity="0.6"/>`;
  return `${round([0, 40], [46, 52])}${tummy}${limbs.join("")}${drawHead(random, { round, pad, seam })}${nap}${drawBow(random)}`;
}

type Cloth = { round(at: Point, radii: Point): string; pad: string; seam: string };

function drawHead(random: SeededRandom, { round, pad, seam }: Cloth): string {
  const [tilt, ear] = [random.between(-14, 14), random.between(17, 23)];
  const ears = [-1, 1].map((side) => {
    const at: Point = [side * 40, -76];
    return round(at, [ear, ear]) + ellipse(at, [ear * 0.6, ear * 0.6], pad);
  });
  const eyes = [-1, 1].map(
    (side) => ellipse([side * 18, -48], [5.5, 5.5], "#100d0c") + ellipse([side * 18 - 2, -50], [1.6, 1.6], "#fff"),
  );
  const smile = `<path d="M0 -24V-18M-12 -14Q0 -6 12 -14" stroke="#241a17" stroke-width="2" fill="none"/>`;
  return `<g transform="rotate(${tilt.toFixed(0)} 0 -10)">${ears.join("")}${round([0, -42], [52, 46])}
    <path d="M0 -86V-60" ${seam} fill="none"/>${eyes.join("")}${ellipse([0, -24], [22, 18], pad)}
    ${ellipse([0, -32], [8, 6], random.pick(["#1a1210", "#5a2d22", "#d07a8a"]))}${smile}</g>`;
}

function drawBow(random: SeededRandom): string {
  if (random.chance(0.45)) return "";
  const ribbon = hsl([random.between(0, 360), random.between(50, 90), random.between(35, 60)]);
  return `<path d="M0 4L-26 -8V18ZM0 4L26 -8V18Z" fill="${ribbon}"/>${ellipse([0, 4], [6, 6], ribbon)}`;
}
