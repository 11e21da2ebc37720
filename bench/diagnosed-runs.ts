// Training runs that go wrong on purpose, and ones that do not, with what their records are diagnosed as. Stage 1 alone, through the library.
import { diagnoseModel } from "@ursa/classifier/diagnose/diagnose-model";
import { isDiverged } from "@ursa/classifier/divergence";
import { createRandom } from "@ursa/classifier/random";
import type { Stage1Recipe, TrainingItem } from "@ursa/classifier/stage-1-types";
import { backboneStart } from "@ursa/classifier/starting-weights";
import { trainStage1 } from "@ursa/classifier/train-stage-1";
import { COMPILED } from "@ursa/classifier/training-engine";
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";
import type { FindingCode } from "@ursa/contracts/diagnosis";
import type { EpochRow, Model } from "@ursa/contracts/model";
import { NAMED_RECIPES, type RecipeFields } from "@ursa/contracts/named-recipes";
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";
import type { LabelledPictures } from "./labelled-pictures.ts";

export type Kind = {
  name: string;
  /** What it is to be diagnosed as; nothing where it is healthy. */
  expected?: FindingCode;
  seeds: number;
  fields: RecipeFields;
  validFraction: number;
  /** Part of the training labels that are another class's. Validation labels are right. */
  flipped: number;
};
export type DiagnosedRun = {
  kind: string;
  seed: number;
  errors: number[];
  epochs: EpochRow[];
  found: FindingCode[];
  isRight: boolean;
};

const usual = { validFraction: 0.2, flipped: 0 };
const fieldsOf = (name: keyof typeof NAMED_RECIPES) => NAMED_RECIPES[name].fields;

/** Built to overfit: 10 % of the pictures to train on, 30 % of their labels wrong, nothing against learning them by heart. */
const OVERFITTING: RecipeFields = {
  ...{ phases: ["stage-1"], augment: false, dropout: 0, weightDecay: 0, allowUnusual: true },
  stage1: { epochs: 40, learningRate: 3e-3, batchSize: 8 },
};

export const KINDS: Kind[] = [
  { name: "rate too high", expected: "learning_rate_too_high", seeds: 5, fields: fieldsOf("lr-too-high"), ...usual },
  { name: "rate too low", expected: "learning_rate_too_low", seeds: 5, fields: fieldsOf("lr-too-low"), ...usual },
  { name: "one epoch", expected: "too_few_epochs", seeds: 5, fields: fieldsOf("one-epoch"), ...usual },
  { name: "overfitting", expected: "overfitting", seeds: 5, fields: OVERFITTING, validFraction: 0.9, flipped: 0.3 },
  { name: "healthy", seeds: 10, fields: fieldsOf("quick"), ...usual },
];

/** Of the training; activations of one seed are kept in `workDir` and used again by its next run. */
type Place = { workDir: string; threads: number; signal: AbortSignal };

/** A split and a training of its own for each seed. */
export async function diagnoseRun(
  pictures: LabelledPictures,
  { kind, seed }: { kind: Kind; seed: number },
  place: Place,
): Promise<DiagnosedRun> {
  const { classes } = pictures;
  const recipe = recipeSchema.parse({ ...kind.fields, seed });
  const { train, valid } = pictures.split({ seed, validFraction: kind.validFraction });
  const labelled = flip(train, { part: kind.flipped, classes: classes.length, seed });
  const { stage1, stage2: _, validFraction: __, phases: ___, ...shared } = recipe;
  const flat: Stage1Recipe = { ...shared, ...stage1 };
  const { history } = await trainStage1({
    ...{ ...place, train: labelled, valid, classes, recipe: flat, views: pictures.views, engine: COMPILED },
    start: await backboneStart(flat, DEFAULT_WEIGHTS_DIR),
    maxActivationBytes: 2 ** 31,
    ...{ onProgress() {}, async onEpoch() {}, async onCheckpoint() {}, async onLog() {} },
  });
  const { findings } = diagnoseModel(recordOf({ recipe, classes, epochs: history, sides: { train: labelled, valid } }));
  const found = findings.map(({ code }) => code);
  const isRight = found.join() === (kind.expected ?? "");
  return { kind: kind.name, seed, errors: history.map(({ errorRate }) => errorRate), epochs: history, found, isRight };
}

/** Each in turn of a random order gets one of the other classes. */
function flip(items: TrainingItem[], how: { part: number; classes: number; seed: number }): TrainingItem[] {
  const random = createRandom(how.seed, 99);
  const chosen = new Set(random.permutation(items.length).slice(0, Math.round(how.part * items.length)));
  return items.map((item, i) => {
    if (!chosen.has(i)) return item;
    return { ...item, label: (item.label + 1 + Math.floor(random.uniform(0, how.classes - 1))) % how.classes };
  });
}

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
