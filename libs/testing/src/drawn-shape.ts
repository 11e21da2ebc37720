// The few drawing strokes that places and bears share: SVG fragments around the origin.
import type { SeededRandom } from "./seeded-random.ts";

export type Point = readonly [x: number, y: number];
export type Hsl = readonly [hue: number, saturation: number, lightness: number];

export const hsl = ([hue, saturation, lightness]: Hsl) =>
  `hsl(${hue.toFixed(0)},${saturation.toFixed(0)}%,${Math.max(0, Math.min(100, lightness)).toFixed(0)}%)`;

export const lighter = ([hue, saturation, lightness]: Hsl, by: number): Hsl => [hue, saturation, lightness + by];

/** A closed outline through all points, each moved by up to `wobble` (Catmull-Rom as cubic curves). */
export function smoothOutline(points: readonly Point[], random: SeededRandom, wobble = 3): string {
  const moved = points.map(
    ([x, y]) => [x + random.between(-wobble, wobble), y + random.between(-wobble, wobble)] as const,
  );
  const at = (i: number) => moved[(i + moved.length) % moved.length] ?? [0, 0];
  const curves = moved.map((_, i) => {
    const [before, from, to, after] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const leave = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const arrive = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    return `C${[...leave, ...arrive, ...to].map((value) => value.toFixed(1)).join(" ")}`;
  });
  return `M${at(0)[0].toFixed(1)} ${at(0)[1].toFixed(1)}${curves.join("")}Z`;
}

export function ellipse([x, y]: Point, [rx, ry]: Point, fill: string, more = ""): string {
  return `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${rx.toFixed(1)}" ry="${ry.toFixed(1)}" fill="${fill}" ${more}/>`;
}

/** Short hairs scattered over a box around `centre`, lying back along the body; clip them to what they grow on. */
export function fur(random: SeededRandom, centre: Point, reach: Point, count: number): string {
  const hairs = Array.from({ length: count }, () => {
    const x = centre[0] + random.between(-reach[0], reach[0]);
    const y = centre[1] + random.between(-reach[1], reach[1]);
    return `M${x.toFixed(0)} ${y.toFixed(0)}l${random.between(2, 8).toFixed(1)} ${random.between(-1, 5).toFixed(1)}`;
  });
  return hairs.join("");
}
