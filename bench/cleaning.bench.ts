// `ursa bench cleaning --folder DIR [--seeds N]`: what cleaning is worth. Of every seed, 30 % of the labels are flipped; the recipe `quick` is
// trained with the right labels, with the flipped ones, and with the flipped ones after the first entries of "worth a look", as many
// as were flipped, were given their right label. Errors are on the right labels of the validation pictures. `--json` ends with one line.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { createRandom } from "@ursa/classifier/random";
import type { ViewSource } from "@ursa/classifier/stage-1-types";
import { backboneStart } from "@ursa/classifier/starting-weights";
import { trainStage1 } from "@ursa/classifier/train-stage-1";
import { COMPILED } from "@ursa/classifier/training-engine";
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";
import { NAMED_RECIPES } from "@ursa/contracts/named-recipes";
import { recipeSchema } from "@ursa/contracts/recipe";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { at } from "@ursa/tensor/layout";
import { table } from "../cli/src/print.ts";
import { flipAny } from "./flip-labels.ts";
import { machine } from "./machine.ts";
import { lookAt, readFolder } from "./suspects-pictures.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    seeds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
if (!values.folder) {
  console.error("Say which folder: ursa bench cleaning --folder DIR; it has one sub-folder of pictures per class.");
  process.exit(2);
}

const [FLIPPED, THREADS, SPLIT_SEED, SPLIT_STREAM] = [0.3, 2, 42, 1003];
/** A point, as in "4 points": what is lost at least, and the share of it that is won back. */
const [LEAST_LOSS, LEAST_WON] = [0.04, 0.8];
const signal = new AbortController().signal;
const { classes, pictures } = await readFolder(values.folder);
const labels = pictures.map(({ label }) => label);
const isValid = splitOf();
const seen = await lookAt(pictures, THREADS);
await using cleanUp = new AsyncDisposableStack();
const workDir = await mkdtemp(join(tmpdir(), "ursa-bench-"));
cleanUp.defer(() => rm(workDir, { recursive: true, force: true }));
const decoders = cleanUp.use(startDecoderPool({ processes: THREADS }));
const { stage1, stage2: _, validFraction: __, phases: ___, ...shared } = recipeSchema.parse(NAMED_RECIPES.quick.fields);
const recipe = { ...shared, ...stage1 };
const start = await backboneStart(recipe, DEFAULT_WEIGHTS_DIR);
const views: ViewSource = {
  trainViews: ({ key }, augmentations) => decoders.augment(bytesOf(key), recipe.size, augmentations),
  validView: ({ key }) => decoders.view(bytesOf(key), recipe.size),
};

type Run = { found: number; errorClean: number; errorFlipped: number; errorMended: number };
const runs: Run[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) runs.push(await clean(seed));
print();

/** A fifth of each class validates: the same for all seeds, so that activations are computed once. */
function splitOf(): boolean[] {
  const random = createRandom(SPLIT_SEED, SPLIT_STREAM);
  const chosen = new Set(
    classes.flatMap((_, label) => {
      const members = labels.flatMap((each, index) => (each === label ? [index] : []));
      return random
        .permutation(members.length)
        .slice(0, Math.round(members.length / 5))
        .map((i) => at(members, i));
    }),
  );
  return labels.map((_, index) => chosen.has(index));
}

function bytesOf(key: string): Uint8Array {
  return at(pictures, Number(key)).bytes;
}

async function clean(seed: number): Promise<Run> {
  const flipped = flipAny({ labels, classes: classes.length }, FLIPPED, seed);
  const given = seen.pictures.map((picture, i) => ({ ...picture, label: at(flipped.labels, i) }));
  const { worthALook } = await inspectPictures({ ...seen, pictures: given, classes, threads: THREADS, signal });
  const looked = new Set(worthALook.slice(0, flipped.wrong.size).map(({ index }) => index));
  const mended = flipped.labels.map((label, index) => (looked.has(index) ? at(labels, index) : label));
  const found = [...flipped.wrong].filter((index) => looked.has(index)).length / flipped.wrong.size;
  const errors = [await errorOf(labels), await errorOf(flipped.labels), await errorOf(mended)];
  const [errorClean = Number.NaN, errorFlipped = Number.NaN, errorMended = Number.NaN] = errors;
  return { found, errorClean, errorFlipped, errorMended };
}

/** On the right labels of the validation pictures, of a head that learned from these. */
async function errorOf(learned: readonly number[]): Promise<number> {
  const side = (valid: boolean, from: readonly number[]) =>
    from.flatMap((label, index) => (isValid[index] === valid ? [{ key: String(index), label }] : []));
  const { history } = await trainStage1({
    ...{ recipe, classes, start, views, workDir, threads: THREADS, engine: COMPILED, signal },
    ...{ train: side(false, learned), valid: side(true, labels) },
    maxActivationBytes: 2 ** 33,
    onProgress() {},
    async onEpoch() {},
    async onCheckpoint() {},
    async onLog() {},
  });
  return history.at(-1)?.errorRate ?? Number.NaN;
}

function print(): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const mean = (name: keyof Run) => runs.reduce((sum, run) => sum + run[name], 0) / runs.length;
  console.log(`${machine()}\n`);
  const rows = runs.map(({ found, errorClean, errorFlipped, errorMended }, i) => [
    String(i + 1),
    ...[found, errorClean, errorFlipped, errorMended].map(percent),
  ]);
  console.log(table(["seed", "found", "error, right labels", "flipped", "mended"], rows));
  const [errorClean, errorFlipped, errorMended] = [mean("errorClean"), mean("errorFlipped"), mean("errorMended")];
  const lost = errorFlipped - errorClean;
  const won = (errorFlipped - errorMended) / lost;
  console.log(
    `\n30 % flipped cost ${(100 * lost).toFixed(1)} points (at least 4 expected); ${percent(won)} of them won back`,
  );
  process.exitCode = lost >= LEAST_LOSS && won >= LEAST_WON ? 0 : 1;
  const summary = { flipped: FLIPPED, found: mean("found"), errorClean, errorFlipped, errorMended, seeds: runs.length };
  if (values.json) console.log(JSON.stringify(summary));
}
