// Circles, squares and triangles drawn from a seed. Alone on a plain ground anything learns them; hidden among strokes they ask
// for features that no photograph taught.
import { rasterise } from "@ursa/imaging/rasterise";
import { hsl } from "./drawn-shape.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";

export const GEOMETRY_KINDS = ["circle", "square", "triangle"] as const;
export type GeometryKind = (typeof GEOMETRY_KINDS)[number];

/** `strokes`: lines in the way, of the shape's own colours. */
export type GeometryOptions = { side: number; strokes: number; sizes: readonly [number, number] };

/** A JPEG of `side` x `side` pixels; the same arguments give the same bytes with the same libvips. */
export async function drawGeometry(kind: GeometryKind, seed: number, options: GeometryOptions): Promise<Buffer> {
  const random = seededRandom("geometry", kind, seed);
  const { side, strokes, sizes } = options;
  const ground = random.between(0, 360);
  const ink = hsl([ground + random.between(90, 270), random.between(40, 90), random.between(30, 70)]);
  const paper = hsl([ground, random.between(10, 60), random.between(20, 80)]);
  const radius = side * random.between(...sizes);
  const [x, y] = [random.between(radius, side - radius), random.between(radius, side - radius)];
  const shape = `<g transform="translate(${x} ${y}) rotate(${random.between(0, 360)})">${outline(kind, radius, ink)}</g>`;
  const lines = Array.from({ length: strokes }, () => stroke(random, { side, radius, ink }));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">
    <rect width="100%" height="100%" fill="${paper}"/>${lines.join("")}${shape}</svg>`;
  return await rasterise(svg, { quality: 92 });
}

function outline(kind: GeometryKind, radius: number, ink: string): string {
  const pen = `fill="none" stroke="${ink}" stroke-width="${(radius / 5).toFixed(1)}"`;
  if (kind === "circle") return `<circle r="${radius}" ${pen}/>`;
  const corners = kind === "square" ? 4 : 3;
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    return `${(radius * Math.cos(angle)).toFixed(1)},${(radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `<polygon points="${points.join(" ")}" ${pen}/>`;
}

type Drawn = { side: number; radius: number; ink: string };

function stroke(random: SeededRandom, { side, radius, ink }: Drawn): string {
  const [x, y, angle] = [random.between(0, side), random.between(0, side), random.between(0, 2 * Math.PI)];
  const reach = radius * random.between(0.5, 1.8);
  const [dx, dy] = [reach * Math.cos(angle), reach * Math.sin(angle)];
  return `<path d="M${x} ${y}q${random.between(-reach, reach)} ${random.between(-reach, reach)} ${dx} ${dy}" fill="none" stroke="${ink}" stroke-width="${(radius / 5).toFixed(1)}"/>`;
}
