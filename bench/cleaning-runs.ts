// What cleaning is worth, measured once for each seed: some labels of a folder's pictures are flipped; a head is trained with the right
// labels, with the flipped ones, and with the flipped ones after the first entries of "worth a look", as many as were flipped, were given
// their right label. Errors are on the right labels of the validation pictures.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { createRandom } from "@ursa/classifier/random";
import type { ViewSource } from "@ursa/classifier/stage-1-types";
import { backboneStart } from "@ursa/classifier/starting-weights";
import { trainStage1 } from "@ursa/classifier/train-stage-1";
import { COMPILED } from "@ursa/classifier/training-engine";
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";
import { NAMED_RECIPES } from "@ursa/contracts/named-recipes";
import { recipeSchema } from "@ursa/contracts/recipe";
import { type DecoderPool, startDecoderPool } from "@ursa/imaging/decoder-pool";
import { at } from "@ursa/tensor/layout";
import type { CleaningRun } from "./bounds.ts";
import { flipAny } from "./flip-labels.ts";
import { type FolderPicture, lookAt, readFolder, type Seen } from "./suspects-pictures.ts";

export const FLIPPED = 0.3;
const [SPLIT_SEED, SPLIT_STREAM] = [42, 1003];

export interface Cleaning extends AsyncDisposable {
  clean(seed: number): Promise<CleaningRun>;
}

type Options = { folder: string; threads: number; maxActivationBytes?: number };
type Opened = {
  classes: string[];
  pictures: FolderPicture[];
  labels: number[];
  isValid: boolean[];
  seen: Seen;
  decoders: DecoderPool;
  workDir: string;
};

/**
 * @param options.maxActivationBytes as for `trainStage1`; left out, there is room for a view of each picture in each epoch
 * @throws Error for a picture that cannot be decoded
 */
export async function openCleaning(options: Options): Promise<Cleaning> {
  const { folder, threads } = options;
  const cleanUp = new AsyncDisposableStack();
  const { classes, pictures } = await readFolder(folder);
  const labels = pictures.map(({ label }) => label);
  const seen = await lookAt(pictures, threads);
  const workDir = await mkdtemp(join(tmpdir(), "ursa-bench-"));
  cleanUp.defer(() => rm(workDir, { recursive: true, force: true }));
  const decoders = cleanUp.use(startDecoderPool({ processes: threads }));
  const opened = { classes, pictures, labels, isValid: splitOf(labels, classes), seen, decoders, workDir };
  const clean = (seed: number) => cleanOnce(opened, options, seed);
  return { clean, [Symbol.asyncDispose]: () => cleanUp.disposeAsync() };
}

/** A fifth of each class validates: the same for all seeds, so that activations are computed once. */
function splitOf(labels: readonly number[], classes: readonly string[]): boolean[] {
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

async function cleanOnce(opened: Opened, options: Options, seed: number): Promise<CleaningRun> {
  const { classes, labels, seen } = opened;
  const flipped = flipAny({ labels, classes: classes.length }, FLIPPED, seed);
  const pictures = seen.pictures.map((picture, i) => ({ ...picture, label: at(flipped.labels, i) }));
  const signal = new AbortController().signal;
  const { worthALook } = await inspectPictures({ ...seen, pictures, classes, threads: options.threads, signal });
  const looked = new Set(worthALook.slice(0, flipped.wrong.size).map(({ index }) => index));
  const mended = flipped.labels.map((label, index) => (looked.has(index) ? at(labels, index) : label));
  return {
    found: [...flipped.wrong].filter((index) => looked.has(index)).length / flipped.wrong.size,
    errorClean: await errorOf(opened, options, labels),
    errorFlipped: await errorOf(opened, options, flipped.labels),
    errorMended: await errorOf(opened, options, mended),
  };
}

/** On the right labels of the validation pictures, of a head that learned from these. */
async function errorOf(
  opened: Opened,
  { threads, maxActivationBytes = 2 ** 33 }: Options,
  learned: readonly number[],
): Promise<number> {
  const { classes, pictures, labels, isValid, decoders, workDir } = opened;
  const {
    stage1,
    stage2: _,
    validFraction: __,
    phases: ___,
    ...shared
  } = recipeSchema.parse(NAMED_RECIPES.quick.fields);
  const recipe = { ...shared, ...stage1 };
  const bytesOf = (key: string) => at(pictures, Number(key)).bytes;
  const views: ViewSource = {
    trainViews: ({ key }, augmentations) => decoders.augment(bytesOf(key), recipe.size, augmentations),
    validView: ({ key }) => decoders.view(bytesOf(key), recipe.size),
  };
  const side = (valid: boolean, from: readonly number[]) =>
    from.flatMap((label, index) => (isValid[index] === valid ? [{ key: String(index), label }] : []));
  const { history } = await trainStage1({
    ...{ recipe, classes, views, workDir, threads, engine: COMPILED, signal: new AbortController().signal },
    ...{ start: await backboneStart(recipe, DEFAULT_WEIGHTS_DIR) },
    ...{ train: side(false, learned), valid: side(true, labels) },
    maxActivationBytes,
    onProgress() {},
    async onEpoch() {},
    async onCheckpoint() {},
    async onLog() {},
  });
  return history.at(-1)?.errorRate ?? Number.NaN;
}
