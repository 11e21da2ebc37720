// Where drawn bears are: outdoors with trees, grass, snow or water, or a room.
import { type Hsl, hsl } from "./drawn-shape.ts";
import type { SeededRandom } from "./seeded-random.ts";

export function drawWilderness(random: SeededRandom, width: number, height: number): string {
  const horizon = height * random.between(0.3, 0.65);
  const sky: Hsl = [random.between(190, 230), random.between(5, 60), random.between(55, 92)];
  const ground: Hsl = random.pick<() => Hsl>([
    () => [random.between(70, 130), random.between(20, 50), random.between(22, 50)],
    () => [random.between(30, 50), random.between(20, 50), random.between(35, 65)],
    () => [210, random.between(5, 20), random.between(82, 95)],
    () => [random.between(190, 215), random.between(20, 45), random.between(35, 60)],
  ])();
  const trees = Array.from({ length: Math.floor(random.between(0, 14)) }, () => drawTree(random, width, horizon));
  const tufts = Array.from({ length: 60 }, () => {
    const [x, y] = [random.between(0, width), random.between(horizon, height)];
    return `M${x.toFixed(0)} ${y.toFixed(0)}l${random.between(-4, 4).toFixed(0)} ${random.between(-14, -4).toFixed(0)}`;
  });
  return `<rect width="${width}" height="${height}" fill="${hsl(sky)}"/>${trees.join("")}
    <rect y="${horizon.toFixed(0)}" width="${width}" height="${height}" fill="${hsl(ground)}"/>
    <path d="${tufts.join("")}" stroke="${hsl([ground[0], ground[1], ground[2] - 12])}" stroke-width="2" fill="none"/>`;
}

export function drawRoom(random: SeededRandom, width: number, height: number): string {
  const floor = height * random.between(0.55, 0.8);
  const wall: Hsl = [random.between(0, 360), random.between(5, 45), random.between(45, 90)];
  const boards: Hsl = [random.between(15, 45), random.between(15, 55), random.between(25, 65)];
  const things = Array.from({ length: Math.floor(random.between(0, 6)) }, () => {
    const side = random.between(25, 110);
    const fill = hsl([random.between(0, 360), random.between(10, 70), random.between(25, 80)]);
    return `<rect x="${random.between(-20, width).toFixed(0)}" y="${random.between(-20, floor).toFixed(0)}"
      width="${side.toFixed(0)}" height="${(side * random.between(0.5, 1.6)).toFixed(0)}" rx="4" fill="${fill}"/>`;
  });
  return `<rect width="${width}" height="${height}" fill="${hsl(wall)}"/>${things.join("")}
    <rect y="${floor.toFixed(0)}" width="${width}" height="${height}" fill="${hsl(boards)}"/>`;
}

function drawTree(random: SeededRandom, width: number, horizon: number): string {
  const [x, foot] = [random.between(0, width), horizon + random.between(0, 15)];
  const [rise, half] = [random.between(50, 170), random.between(12, 34)];
  const fill = hsl([random.between(80, 160), random.between(15, 45), random.between(12, 38)]);
  if (random.chance(0.3)) {
    return `<rect x="${x.toFixed(0)}" y="0" width="${(half / 2).toFixed(0)}" height="${foot.toFixed(0)}" fill="hsl(25,20%,28%)"/>`;
  }
  const tip = `${x.toFixed(0)} ${(foot - rise).toFixed(0)}`;
  return `<path d="M${tip}L${(x + half).toFixed(0)} ${foot.toFixed(0)}L${(x - half).toFixed(0)} ${foot.toFixed(0)}Z" fill="${fill}"/>`;
}
