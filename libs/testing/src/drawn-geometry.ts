// Circles, squares and triangles drawn from a seed: light on a dark ground, of any size, place, turn and tint. What tells them
// apart is their outline alone, which a network that was taught nothing has to find out.
import { rasterise } from "@ursa/imaging/rasterise";
import { hsl } from "./drawn-shape.ts";
import { seededRandom } from "./seeded-random.ts";

export const GEOMETRY_KINDS = ["circle", "square", "triangle"] as const;
export type GeometryKind = (typeof GEOMETRY_KINDS)[number];

/** A JPEG of `side` x `side` pixels; the same arguments give the same bytes with the same libvips. */
export async function drawGeometry(kind: GeometryKind, seed: number, side: number): Promise<Buffer> {
  const random = seededRandom("geometry", kind, seed);
  const hue = random.between(0, 360);
  const ink = hsl([hue + random.between(90, 270), random.between(0, 60), random.between(60, 95)]);
  const paper = hsl([hue, random.between(0, 60), random.between(5, 40)]);
  const radius = side * random.between(0.2, 0.4);
  const [x, y] = [random.between(radius, side - radius), random.between(radius, side - radius)];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">
    <rect width="100%" height="100%" fill="${paper}"/>
    <g fill="${ink}" transform="translate(${x} ${y}) rotate(${random.between(0, 360)})">${shape(kind, radius)}</g></svg>`;
  return await rasterise(svg, { quality: 92 });
}

function shape(kind: GeometryKind, radius: number): string {
  if (kind === "circle") return `<circle r="${radius}"/>`;
  const corners = kind === "square" ? 4 : 3;
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    return `${(radius * Math.cos(angle)).toFixed(1)},${(radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `<polygon points="${points.join(" ")}"/>`;
}
