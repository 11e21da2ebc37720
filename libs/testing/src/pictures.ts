// Bears drawn from a seed, so that tests and the demo can train a real classifier where there is no internet. Kinds differ
// as they do in life (hump, ears, profile, stitches) and overlap as they do in life (a black bear may be brown).
import { rasterise } from "@ursa/imaging/rasterise";

import { drawAnimal, drawFace } from "./drawn-bear.ts";
import { drawRoom, drawWilderness } from "./drawn-place.ts";
import { drawTeddy } from "./drawn-teddy.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";

export const BEAR_KINDS = ["black", "grizzly", "teddy"] as const;
export type BearKind = (typeof BEAR_KINDS)[number];

/** A picture of about 400 x 300 pixels; the same kind and seed give the same bytes with the same libvips. */
export async function drawBear(kind: BearKind, seed: number, format: "jpeg" | "webp" = "jpeg"): Promise<Buffer> {
  const random = seededRandom(kind, seed);
  return await rasterise(bearSvg(kind, random), { format, quality: Math.round(random.between(60, 92)) });
}

/** A bear as a camera would leave it: a JPEG of 1600 x 1200 pixels and some 200 kB, with grain. For benches. */
export async function drawPhotograph(seed: number): Promise<Buffer> {
  const bear = bearSvg("grizzly", seededRandom("grizzly", seed)).replace(
    /^<svg /,
    '<svg x="0" y="0" viewBox="0 0 400 300" ',
  );
  const grain = `<filter id="grain"><feTurbulence type="fractalNoise" baseFrequency="0.35" numOctaves="2" seed="${seed}"/></filter>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1200" viewBox="0 0 400 300">${bear.replace(
    /width="\d+" height="\d+"/,
    'width="400" height="300"',
  )}<defs>${grain}</defs><rect width="400" height="300" filter="url(#grain)" opacity="0.2"/></svg>`;
  return await rasterise(svg, { quality: 92 });
}

function bearSvg(kind: BearKind, random: SeededRandom): string {
  const width = Math.round(random.between(360, 440));
  const height = Math.round(random.between(270, 330));
  // Mostly where one meets them, but not always: the place must not give the kind away.
  const isIndoors = random.chance(kind === "teddy" ? 0.6 : 0.06);
  const place = isIndoors ? drawRoom(random, width, height) : drawWilderness(random, width, height);
  const bear =
    kind === "teddy" ? drawTeddy(random) : random.chance(0.35) ? drawFace(kind, random) : drawAnimal(kind, random);
  const scale = (height / 300) * random.between(0.75, 1.3);
  const mirror = random.chance(0.5) ? -1 : 1;
  const [x, y] = [width * random.between(0.4, 0.6), height * random.between(0.5, 0.62)];
  const stance = `translate(${x} ${y}) rotate(${random.between(-9, 9)}) scale(${mirror * scale} ${scale})`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    ${place}<g transform="${stance}">${bear}</g>${drawLight(random)}
  </svg>`;
}

// A coloured glow from one side, and dusk or overexposure over everything.
function drawLight(random: SeededRandom): string {
  const colour = random.pick(["#ffdf9a", "#ffffff", "#9ec1ff", "#ff9d5c", "#203050"]);
  const veil = random.chance(0.5) ? "#000" : "#fff";
  return `<defs><radialGradient id="light" cx="${random.between(0, 1)}" cy="${random.between(0, 0.6)}" r="0.9">
      <stop offset="0" stop-color="${colour}" stop-opacity="${random.between(0.05, 0.45)}"/>
      <stop offset="1" stop-color="${colour}" stop-opacity="0"/>
    </radialGradient></defs>
    <rect width="100%" height="100%" fill="url(#light)"/>
    <rect width="100%" height="100%" fill="${veil}" opacity="${random.between(0, veil === "#000" ? 0.3 : 0.2)}"/>`;
}
