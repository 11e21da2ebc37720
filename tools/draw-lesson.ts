// Draws the bears that the page's first click trains on: `node tools/draw-lesson.ts`. They are kept with the page's sources and not drawn when
// it is built: what builds the page, an image too, then needs neither the drawings nor libvips.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { zipOf } from "@ursa/testing/archives";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";

const TARGET = fileURLToPath(new URL("../services/api/web/src/lesson.zip", import.meta.url));

/** Some 300 kB in all; a fifth of them says how good the model is. */
const PICTURES_PER_KIND = 30;
/** None that the demo trains or is tried on. */
const FIRST_SEED = 77_000;

const wanted = BEAR_KINDS.flatMap((kind) =>
  Array.from({ length: PICTURES_PER_KIND }, (_, at) => ({
    kind,
    name: `${kind}/${at + 1}.webp`,
    seed: FIRST_SEED + at,
  })),
);
const files = await Promise.all(
  wanted.map(async ({ kind, name, seed }) => ({ name, bytes: await drawBear(kind, seed, "webp") })),
);
const packed = zipOf(files);
writeFileSync(TARGET, packed);
console.log(`${files.length} pictures, ${packed.length} bytes: ${TARGET}`);
