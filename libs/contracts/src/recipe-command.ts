// The command line that trains by a recipe: the options that differ from the defaults.
import { type Recipe, recipeSchema } from "./recipe.ts";

const DEFAULTS = recipeSchema.parse({});

type Run = { dataset: string; from?: string | undefined; recipe: Recipe };

/** `ursa train DATASET …`, to be pasted into a shell. Rates and epochs of a stage that does not run are left out. */
export function trainCommandOf({ dataset, from, recipe }: Run): string {
  const words = ["ursa", "train", dataset, ...(from ? ["--from", from] : []), ...wordsOf(recipe)];
  return words.map(quoted).join(" ");
}

function wordsOf(recipe: Recipe): string[] {
  const { phases } = recipe;
  return [
    ...["--phases", phases.join(",")],
    ...(phases.includes("stage-1") || !phases.includes("stage-2") ? stage1Words(recipe) : []),
    ...(phases.includes("stage-2") ? stage2Words(recipe) : []),
    ...OPTIONS.flatMap(([field, option]) => optionWords(option, recipe[field], DEFAULTS[field])),
    ...SWITCHES.flatMap(([field, option]) => (recipe[field] === DEFAULTS[field] ? [] : [option])),
    ...weightWords(recipe),
  ];
}

function stage1Words({ stage1 }: Recipe): string[] {
  return [
    ...optionWords("--epochs", stage1.epochs, DEFAULTS.stage1.epochs),
    ...optionWords("--lr", stage1.learningRate, DEFAULTS.stage1.learningRate),
    ...optionWords("--batch", stage1.batchSize, DEFAULTS.stage1.batchSize),
  ];
}

function stage2Words({ stage2 }: Recipe): string[] {
  const { lower, upper } = stage2.rates ?? {};
  return [
    ...optionWords("--unfreeze", stage2.epochs, DEFAULTS.stage2.epochs),
    ...(upper === undefined
      ? []
      : ["--slice", lower === undefined ? written(upper) : `${written(lower)},${written(upper)}`]),
    ...optionWords("--unfreeze-batch", stage2.batchSize, DEFAULTS.stage2.batchSize),
    ...optionWords("--train-from", stage2.trainFrom, DEFAULTS.stage2.trainFrom),
    ...(stage2.trainBn ? ["--train-bn"] : []),
  ];
}

const OPTIONS = [
  ["backbone", "--backbone"],
  ["size", "--size"],
  ["seed", "--seed"],
  ["dropout", "--dropout"],
  ["weightDecay", "--wd"],
  ["gradientClip", "--clip"],
  ["mixup", "--mixup"],
  ["labelSmoothing", "--label-smoothing"],
  ["earlyStop", "--early-stop"],
  ["validFraction", "--valid-fraction"],
  ["maxRotate", "--max-rotate"],
  ["maxZoom", "--max-zoom"],
  ["maxLighting", "--max-lighting"],
  ["maxWarp", "--max-warp"],
  ["pAffine", "--p-affine"],
  ["pLighting", "--p-lighting"],
] as const;

/** Each turns its field to what is not the default. */
const SWITCHES = [
  ["augment", "--no-augment"],
  ["flip", "--no-flip"],
  ["flipVertical", "--flip-vertical"],
  ["pretrained", "--no-pretrained"],
  ["oversample", "--oversample"],
  ["keepBest", "--keep-best"],
  ["learningCurve", "--learning-curve"],
  ["allowUnusual", "--allow-unusual"],
] as const;

function optionWords(option: string, value: number | string | undefined, usual: number | string | undefined): string[] {
  if (value === undefined || value === usual) return [];
  return [option, typeof value === "number" ? written(value) : value];
}

function weightWords({ classWeights }: Recipe): string[] {
  if (classWeights === "none") return [];
  const pairs =
    typeof classWeights === "string" ? [classWeights] : Object.entries(classWeights).map((pair) => pair.join("="));
  return ["--class-weights", pairs.join(",")];
}

/** As people write rates. */
const written = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
