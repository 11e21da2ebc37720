// `ursa bench fuzz [FOLDER] [mutants] [seed]`: damaged pictures through the decoders, as many as one asks for. A mutant is a picture of 320
// pixels with some of its bytes changed; whatever comes of it, no decoder may die of it, and none may be kept busy by it. The pictures are
// the folder's, or drawn ones in three formats.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom, type Random } from "@ursa/classifier/random";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { rasterise } from "@ursa/imaging/rasterise";
import { halves } from "@ursa/testing/hostile-pictures";
import { drawBear } from "@ursa/testing/pictures";
import { table } from "../cli/src/print.ts";
import { machine } from "./machine.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const folder = positionals.find((word) => Number.isNaN(Number(word)));
const [mutants = 10_000, seed = 1] = positionals.map(Number).filter((number) => !Number.isNaN(number));
/** Mutants that are in work at once, which is what a downloader has. */
const AT_ONCE = 32;
/** Of so many pictures. */
const ORIGINALS = 60;

await using pool = startDecoderPool();
const random = createRandom(seed);
const originals = await readOriginals();
const outcomes = new Map<string, number>();
const slow: number[] = [];
const started = performance.now();
for (let done = 0; done < mutants; done += AT_ONCE) {
  const count = Math.min(AT_ONCE, mutants - done);
  await Promise.all(Array.from({ length: count }, () => tryOne(mutate(pick(originals), random))));
}
const seconds = (performance.now() - started) / 1000;
print();

async function tryOne(bytes: Uint8Array): Promise<void> {
  const begun = performance.now();
  const seen = await pool.inspect(bytes, { preparedShortSide: 288 });
  const outcome = seen.ok ? "ok" : seen.outcome;
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  slow.push(performance.now() - begun);
}

function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(random.uniform(0, items.length))];
  if (item === undefined) throw new Error("There is no picture to damage.");
  return item;
}

/** 320 pixels on the short side; every fifth as PNG, every seventh as WebP. */
async function readOriginals(): Promise<Uint8Array[]> {
  const files = folder
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    : [];
  const read = files.slice(0, ORIGINALS).map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
  const drawn = folder ? [] : await Promise.all(Array.from({ length: ORIGINALS }, (_, n) => drawBear("grizzly", n)));
  const small = await Promise.all([...read, ...drawn].map((bytes) => pool.thumbnail(bytes, 320)));
  const others = await Promise.all((["png", "webp", "gif"] as const).map((format) => rasterise(halves(), { format })));
  return [...small, ...Array.from({ length: ORIGINALS / 10 }, () => others).flat()];
}

/** One of the ways in which files go wrong, or are made to: bits, bytes, runs, cuts, repeats, and lengths that lie. */
function mutate(original: Uint8Array, draw: Random): Uint8Array {
  const bytes = new Uint8Array(original);
  const place = (within = bytes.length) => Math.floor(draw.uniform(0, within));
  const ways: (() => Uint8Array)[] = [
    () => flipBits(bytes, 1 + place(8), () => place()),
    // The first kilobyte has the lengths and the tables.
    () => flipBits(bytes, 1 + place(4), () => place(1024)),
    () => bytes.fill(place(256), place(), place()),
    () => bytes.subarray(0, place()),
    () => Buffer.concat([bytes.subarray(0, place()), bytes.subarray(place())]),
    () => bytes.copyWithin(place(), place(), place()),
    () => setWord(bytes, place(1024), draw),
  ];
  return (ways[place(ways.length)] ?? (() => bytes))();
}

function flipBits(bytes: Uint8Array, count: number, place: () => number): Uint8Array {
  for (let n = 0; n < count; n += 1) {
    const at = place();
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  }
  return bytes;
}

/** Two bytes that are often a length, at an edge of what a length can be. */
function setWord(bytes: Uint8Array, at: number, draw: Random): Uint8Array {
  const edge = [0, 1, 2, 0x7fff, 0x8000, 0xfffe, 0xffff][Math.floor(draw.uniform(0, 7))] ?? 0;
  bytes.set([edge >> 8, edge & 255], Math.min(at, bytes.length - 2));
  return bytes;
}

function print(): void {
  const { restarts } = pool.stats();
  const crashed = (outcomes.get("decoder_crashed") ?? 0) + (outcomes.get("timeout") ?? 0);
  const rows = [...outcomes].sort(([, one], [, other]) => other - one);
  console.log(`${machine()}\n`);
  console.log(
    table(
      ["outcome", "mutants"],
      rows.map(([outcome, count]) => [outcome, String(count)]),
    ),
  );
  const longest = Math.max(...slow) / 1000;
  console.log(
    `\n${mutants} mutants of ${originals.length} pictures, seed ${seed}: ${crashed} crashed or hung, ${restarts} decoders restarted, ` +
      `${seconds.toFixed(0)} s, the slowest ${longest.toFixed(1)} s with its wait`,
  );
  if (values.json)
    console.log(JSON.stringify({ mutants, seed, crashed, restarts, seconds, outcomes: Object.fromEntries(rows) }));
  process.exitCode = crashed > 0 ? 1 : 0;
}
