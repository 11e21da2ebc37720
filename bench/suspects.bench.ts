// `ursa bench suspects FOLDER [seeds]`: what an inspection finds of labels flipped and copies planted on purpose, in a folder of one
// sub-folder per class whose labels are right. `--json` ends with one line of JSON.
import { parseArgs } from "node:util";
import { inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { createRandom } from "@ursa/classifier/random";
import { type Variation, varyPicture } from "@ursa/imaging/vary-picture";
import { at } from "@ursa/tensor/layout";
import { table } from "../cli/src/print.ts";
import { flipCases, measureFlips } from "./found-labels.ts";
import { machine } from "./machine.ts";
import { type FolderPicture, lookAt, pick, readFolder, type Seen } from "./suspects-pictures.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const [folder, seeds = "5"] = positionals;
if (!folder) {
  console.error("Say which folder: ursa bench suspects FOLDER [seeds]; it has one sub-folder of pictures per class.");
  process.exit(2);
}

const THREADS = 2;
/** Pictures of each seed that a copy is planted of. */
const COPIES = 30;
const COPY_STREAM = 1002;
const KINDS: Record<string, Variation> = {
  "re-encoded": { quality: 60 },
  resized: { scale: 0.5 },
  "cropped 5 %": { crop: 0.05 },
};
const { classes, pictures } = await readFolder(folder);
const copies = await plant();
const seen = await lookAt([...pictures, ...copies], THREADS);
const originals = pick(seen, [...pictures.keys()]);
const signal = new AbortController().signal;
const natural = await inspect(originals);
const subject = { ...originals, classes, threads: THREADS, signal };
const flips: Record<string, Awaited<ReturnType<typeof measureFlips>>> = {};
for (const [name, each] of Object.entries(flipCases(subject)))
  flips[name] = await measureFlips(subject, each, Number(seeds));
const duplicates = await measureCopies();
print();

async function inspect(given: Seen) {
  return inspectPictures({ ...given, classes, threads: THREADS, signal });
}

/** Copies of each kind in turn, on the other side of the split. */
async function plant(): Promise<(FolderPicture & { of: number; kind: string; seed: number })[]> {
  const planted = [];
  for (let seed = 1; seed <= Number(seeds); seed++) {
    const chosen = createRandom(seed, COPY_STREAM).permutation(pictures.length).slice(0, COPIES);
    for (const [place, of] of chosen.entries()) {
      const [kind, variation] = at(Object.entries(KINDS), place % Object.keys(KINDS).length);
      const { key, label, bytes } = at(pictures, of);
      planted.push({ key: `${key} ${kind}`, label, bytes: await varyPicture(bytes, variation), of, kind, seed });
    }
  }
  return planted;
}

/** A reported pair is false unless both are of one picture, or of two that were reported before anything was planted. */
async function measureCopies() {
  const alike = new Set(natural.pairs.map(({ a, b }) => `${a} ${b}`));
  const runs = [];
  for (let seed = 1; seed <= Number(seeds); seed++) {
    const planted = copies.flatMap((copy, i) => (copy.seed === seed ? [{ ...copy, index: pictures.length + i }] : []));
    const given = pick(seen, [...pictures.keys(), ...planted.map(({ index }) => index)]);
    const { pairs } = await inspect({ ...given, pictures: given.pictures.map(placed) });
    const originOf = (index: number) => (index < pictures.length ? index : at(planted, index - pictures.length).of);
    const origins = pairs.map(({ a, b }) => [originOf(a), originOf(b)].sort((x, y) => x - y));
    const wrong = origins.filter(([a, b]) => a !== b && !alike.has(`${a} ${b}`)).length;
    const isFound = (copy: number) => pairs.some(({ a, b }) => b === copy && originOf(a) === originOf(copy));
    const found = planted.map(({ kind }, i) => ({ kind, isFound: isFound(pictures.length + i) }));
    runs.push({ planted: planted.length, reported: pairs.length, wrong, found });
  }
  const all = runs.flatMap(({ found }) => found);
  const shareOf = (some: typeof all) => some.filter(({ isFound }) => isFound).length / some.length;
  const byKind = Object.keys(KINDS).map((kind) => [kind, shareOf(all.filter((each) => each.kind === kind))] as const);
  const reported = runs.reduce((sum, run) => sum + run.reported, 0);
  const falseShare = runs.reduce((sum, run) => sum + run.wrong, 0) / reported;
  const recall = shareOf(all);
  return { recall, falseShare, reported, byKind: Object.fromEntries(byKind), ok: recall >= 0.9 && falseShare <= 0.01 };
}

/** Originals are trained on, copies are checked with. */
function placed<T>(picture: T, index: number): T & { split: "train" | "valid" } {
  return { ...picture, split: index < pictures.length ? "train" : "valid" };
}

function print(): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  console.log(`${machine()}\n`);
  const rows = Object.entries(flips).map(([name, { recall, target, runs }]) => [
    ...[name, percent(recall), `${percent(target)} or more`],
    ...[
      runs.map(({ found }) => percent(found)).join(", "),
      runs.map(({ pairs }) => pairs.join("+") || "none").join(", "),
    ],
  ]);
  console.log(table(["flipped", "found", "wanted", "per seed", "directional noise named"], rows));
  const kinds = Object.entries(duplicates.byKind).map(([kind, share]) => `${kind} ${percent(share)}`);
  console.log(
    `\ncopies found ${percent(duplicates.recall)} (${kinds.join(", ")}); ${percent(duplicates.falseShare)} of ${duplicates.reported} reported pairs false`,
  );
  console.log(
    `\nwith nothing planted, ${natural.worthALook.length} are worth a look, of them pairs that are nearly the same:`,
  );
  for (const { a, b } of natural.pairs) console.log(`  ${at(pictures, a).key}  ${at(pictures, b).key}`);
  for (const { index, reasons } of natural.worthALook)
    console.log(`  ${at(pictures, index).key}: ${reasons.map(({ says }) => says).join("; ")}`);
  const named = flips["20 % of a class"]?.runs.every((run) => run.named) ?? false;
  const ok = Object.values(flips).every((each) => each.ok) && named && duplicates.ok;
  if (values.json) console.log(JSON.stringify({ ok, seeds: Number(seeds), named, flips, duplicates }));
  process.exitCode = ok ? 0 : 1;
}
