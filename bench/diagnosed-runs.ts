// Training runs that go wrong on purpose, and ones that do not, with what their records are diagnosed as. Stage 1 alone, through the library.
import { resolveBatchSize } from "@ursa/classifier/batches";
import { diagnoseModel } from "@ursa/classifier/diagnose/diagnose-model";
import { isDiverged } from "@ursa/classifier/divergence";
import { fitHead, type LabelledFeatures } from "@ursa/classifier/fit-head";
import { freshState } from "@ursa/classifier/fresh-state";
import { computeFeatures, headSizeOf } from "@ursa/classifier/stage-1-features";
import type { Stage1Recipe, TrainingItem } from "@ursa/classifier/stage-1-types";
import { backboneStart } from "@ursa/classifier/starting-weights";
import { COMPILED } from "@ursa/classifier/training-engine";
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";
import type { FindingCode } from "@ursa/contracts/diagnosis";
import type { EpochRow, Model } from "@ursa/contracts/model";
import { NAMED_RECIPES, type RecipeFields } from "@ursa/contracts/named-recipes";
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";
import { type Flaws, flawedSides, inspectSides } from "./flawed-sides.ts";
import type { LabelledPictures } from "./labelled-pictures.ts";

export type Kind = Flaws & {
  name: string;
  /** What it is to be diagnosed as; nothing where it is healthy. */
  expected?: FindingCode;
  seeds: number;
  fields: RecipeFields;
  /** Its pictures are inspected too. */
  isInspected?: boolean;
};
export type DiagnosedRun = {
  kind: string;
  seed: number;
  errors: number[];
  epochs: EpochRow[];
  found: FindingCode[];
  isRight: boolean;
};

const usual = { validFraction: 0.2 };
const fieldsOf = (name: keyof typeof NAMED_RECIPES) => NAMED_RECIPES[name].fields;

/** Built to overfit: 10 % of the pictures to train on, 30 % of their labels wrong, nothing against learning them by heart. */
const OVERFITTING: RecipeFields = {
  ...{ phases: ["stage-1"], augment: false, dropout: 0, weightDecay: 0, allowUnusual: true },
  stage1: { epochs: 40, learningRate: 3e-3, batchSize: 8 },
};

const QUICK = fieldsOf("quick");

export const KINDS: Kind[] = [
  { name: "rate too high", expected: "learning_rate_too_high", seeds: 5, fields: fieldsOf("lr-too-high"), ...usual },
  { name: "rate too low", expected: "learning_rate_too_low", seeds: 5, fields: fieldsOf("lr-too-low"), ...usual },
  { name: "one epoch", expected: "too_few_epochs", seeds: 5, fields: fieldsOf("one-epoch"), ...usual },
  {
    ...{ name: "overfitting", expected: "overfitting", seeds: 5, fields: OVERFITTING, validFraction: 0.9 },
    flipped: { part: 0.3, sides: ["train"] },
  },
  { ...{ name: "leakage", expected: "leakage", seeds: 5, fields: QUICK }, ...usual, hasLeaks: true, isInspected: true },
  {
    ...{ name: "label noise", expected: "label_noise", seeds: 5, fields: QUICK, ...usual },
    ...{ flipped: { part: 0.2, sides: ["train", "valid"] }, isInspected: true },
  },
  { name: "healthy", seeds: 10, fields: QUICK, ...usual },
];

/** Of all pictures, by their position: as validation sees them, and four augmented views, which are computed once for all runs. */
export type Activations = { plain: LabelledFeatures; views: LabelledFeatures[] };
type Place = { workDir: string; threads: number; signal: AbortSignal };
const VIEWS = 4;

/** The caller closes them with `opened`. */
export async function activationsOf(
  { all, views }: LabelledPictures,
  place: Place,
  opened: AsyncDisposableStack,
): Promise<Activations> {
  const recipe = stage1Of(recipeSchema.parse({}));
  const start = await backboneStart(recipe, DEFAULT_WEIGHTS_DIR);
  const options = { ...place, train: all, valid: all, recipe, start, views, viewCount: VIEWS, onProgress() {} };
  const { trainViews, validSet } = await computeFeatures(options, opened);
  return { plain: validSet, views: trainViews };
}

/** A split, a head, an order and labels of its own for each seed; the augmented views are the same. */
export async function diagnoseRun(
  { pictures, activations }: { pictures: LabelledPictures; activations: Activations },
  { kind, seed }: { kind: Kind; seed: number },
  { threads, signal }: Place,
): Promise<DiagnosedRun> {
  const { classes } = pictures;
  const recipe = recipeSchema.parse({ ...kind.fields, seed });
  const sides = flawedSides(pictures, kind, seed);
  const { train, valid } = sides;
  const flat = stage1Of(recipe);
  const size = headSizeOf(flat, classes);
  const sets = recipe.augment ? activations.views : [activations.plain];
  const { history } = await fitHead({
    ...{ ...flat, size, threads, signal, engine: COMPILED, classWeights: classes.map(() => 1) },
    ...{ trainViews: sets.map((view) => only(view, train)), valid: only(activations.plain, valid) },
    batchSize: resolveBatchSize(flat.batchSize, train.length),
    start: freshState(size, { seed }, ""),
    ...{ onStep() {}, async onEpoch() {}, async onPlace() {}, async onLog() {} },
  });
  const { features } = activations.plain;
  const inspected = kind.isInspected ? await inspectSides(pictures, { sides, features, threads, signal }) : undefined;
  const record = recordOf({ recipe, classes, epochs: history, sides });
  const { findings } = diagnoseModel(record, { inspected });
  const found = findings.map(({ code }) => code);
  // Photographs that are nearly the same by themselves are on both sides of most splits: that is told, and is no mistake.
  const isRight = found.filter((code) => code !== "leakage" || kind.hasLeaks).join() === (kind.expected ?? "");
  return { kind: kind.name, seed, errors: history.map(({ errorRate }) => errorRate), epochs: history, found, isRight };
}

const stage1Of = ({ stage1, ...shared }: Recipe): Stage1Recipe => ({ ...shared, ...stage1 });

/** The activations of some pictures, with the labels that they are given. */
const only = ({ features }: LabelledFeatures, items: readonly TrainingItem[]): LabelledFeatures => ({
  features: {
    count: items.length,
    rows: (wanted) => features.rows(wanted.map((index) => Number(items[index]?.key))),
  },
  labels: items.map(({ label }) => label),
});

type Recorded = {
  recipe: Recipe;
  classes: string[];
  epochs: EpochRow[];
  sides: { train: TrainingItem[]; valid: TrainingItem[] };
};

/** As the trainer leaves it: a run that diverged has no stage. */
function recordOf({ recipe, classes, epochs, sides }: Recorded): Model {
  const now = new Date().toISOString();
  const id = "01J00000000000000000000000";
  const byClass = (side: TrainingItem[]) =>
    classes.map((_, label) => side.filter((item) => item.label === label).length);
  const last = epochs.at(-1);
  const hasEnded = !epochs.some((row) => isDiverged(row, classes.length));
  const stage = {
    name: "stage-1",
    errorRate: last?.errorRate ?? 1,
    validLoss: last?.validLoss ?? 0,
    seconds: 0,
  } as const;
  const counted = { ...stage, pictures: { train: byClass(sides.train), valid: byClass(sides.valid) } };
  return {
    ...{ id: `mdl_${id}`, namespace: "default", createdAt: now, updatedAt: now, enqueued: 1, fence: 1 },
    ...{
      state: hasEnded ? "ready" : "failed",
      dataset: { id: `ds_${id}`, version: 1, manifestSha256: "0".repeat(64) },
    },
    ...{ recipe, classes, epochs, checkpoints: [], artifacts: [], stages: hasEnded ? [counted] : [] },
  };
}
