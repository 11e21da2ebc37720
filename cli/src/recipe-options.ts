// The recipe on the command line: an option for each of its fields.

import { NAMED_RECIPES, RECIPE_NAMES, type RecipeName } from "@ursa/contracts/named-recipes";
import { BACKBONES, PHASES, type PhaseName, type Recipe } from "@ursa/contracts/recipe";
import { type Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "./failure.ts";
import { number } from "./number.ts";

export type RecipeOptions = {
  recipe?: RecipeName;
  backbone?: string;
  epochs?: number;
  lr?: number;
  batch?: number;
  phases?: PhaseName[];
  findOnly?: boolean;
  unfreeze?: number;
  slice?: { lower?: number; upper: number };
  unfreezeBatch?: number;
  trainFrom?: string;
  trainBn?: boolean;
  from?: string;
  size?: number;
  seed?: number;
  dropout?: number;
  wd?: number;
  clip?: number;
  mixup?: number;
  labelSmoothing?: number;
  classWeights?: string | Record<string, number>;
  oversample?: boolean;
  earlyStop?: number;
  keepBest?: boolean;
  learningCurve?: boolean;
  validFraction?: number;
  /** An option that turns something off is true when it is left out. */
  augment: boolean;
  flip: boolean;
  pretrained: boolean;
  flipVertical?: boolean;
  maxRotate?: number;
  maxZoom?: number;
  maxLighting?: number;
  maxWarp?: number;
  pAffine?: number;
  pLighting?: number;
  allowUnusual?: boolean;
};

/** Those of one training run. */
export const addRecipeOptions = (command: Command): Command =>
  addCommonOptions(
    command
      .option("--epochs <n>", "times every picture is seen (4; of stage 2 alone 2)", number)
      .option("--lr <rate>", "top of the one-cycle learning rate (0.003; of stage 2 alone see --slice)", number)
      .option("--slice <rates>", "stage 2's learning rates, lowest layers and head, such as 1e-5,3e-4 (found)", slice)
      .option("--find-only", "only look for a learning rate; the same as --phases lr-find"),
  );

const STAGES_HELP = `
Stages:
  --epochs, --lr and --batch are of stage 1 where it is trained, else of stage 2; --unfreeze, --slice and --unfreeze-batch are stage 2's.
  With --from only stage 2 is trained, unless --phases or a --recipe with phases of its own says otherwise. Without rates it goes by the
  finder of the model it starts from, or where that has none by a tenth of its head's rate; --phases lr-find,stage-2 looks anew.
  On other classes a new head must begin: --phases stage-1,lr-find,stage-2.`;

/** All but the rates and the epochs of what is trained first. */
export function addCommonOptions(command: Command): Command {
  return addTransformOptions(
    command
      .addOption(
        new Option("--recipe <name>", "start from a recipe of this name; other options change it").choices(
          RECIPE_NAMES,
        ),
      )
      .addOption(new Option("--backbone <name>", "the pretrained body (efficientnet_lite0)").choices(BACKBONES))
      .option("--batch <n>", "pictures per step (64, or 32 below 320 training pictures; of stage 2 alone 16)", number)
      .option("--phases <names>", "what is done, in this order (stage-1,lr-find,stage-2)", phases)
      .option("--unfreeze <epochs>", "epochs of stage 2, which trains the whole network (2)", number)
      .option("--unfreeze-batch <n>", "pictures per step of stage 2 (16)", number)
      .option(
        "--train-from <layers>",
        "in stage 2 train only from there up, such as body-high, layer4 or blocks.5 (all)",
      )
      .option("--train-bn", "in stage 2 the body's batch-norms follow the batches, as in fastai")
      .option("--from <stage>", "start from a trained stage, such as mdl_01J…@stage-1, not from the pretrained weights")
      .option("--size <px>", "side of the square input (224)", number)
      .option("--seed <n>", "initialisation, shuffling, dropout and augmentation (42)", number)
      .option("--no-pretrained", "start the body from random weights")
      .option("--dropout <p>", "before the last layer; half of it before the one before (0.5)", number)
      .option("--wd <decay>", "weight decay (0.01)", number)
      .option("--clip <norm>", "largest norm of all gradients together (not clipped)", number)
      .option("--mixup <alpha>", "mix training pictures of stage 2, such as 0.4 (0, none)", number)
      .option("--label-smoothing <part>", "part of each target spread over all classes (0)", number)
      .option("--class-weights <weights>", "balanced, or such as black=2,teddy=0.5 (none)", classWeights)
      .option("--oversample", "show rare classes as often as the most frequent one")
      .option("--early-stop <epochs>", "stop after so many without a lower valid loss (never)", number)
      .option("--keep-best", "end with the weights of the lowest valid loss")
      .option("--learning-curve", "after stage 1 also train on a quarter and on half: would more pictures help?")
      .option("--valid-fraction <f>", "re-cut the dataset's split for this run only", number)
      .option("--allow-unusual", "take values outside the ranges that train: they are meant")
      .addHelpText("after", STAGES_HELP),
  );
}

/** What is done to training pictures, apart from the seed. */
export type TransformOptions = Pick<
  RecipeOptions,
  "augment" | "flip" | "flipVertical" | "maxRotate" | "maxZoom" | "maxLighting" | "maxWarp" | "pAffine" | "pLighting"
>;

export const addTransformOptions = (command: Command): Command =>
  command
    .option("--no-augment", "no transforms: only the place of the crop is random")
    .option("--no-flip", "do not mirror: for text and other pictures with a left and a right")
    .option("--flip-vertical", "also turn by quarters and mirror top to bottom: for pictures from above")
    .option("--max-rotate <degrees>", "largest turn either way (10)", number)
    .option("--max-zoom <factor>", "largest magnification (1.1)", number)
    .option("--max-lighting <amount>", "largest change of brightness and contrast (0.2)", number)
    .option("--max-warp <amount>", "largest change of perspective (0.2)", number)
    .option("--p-affine <p>", "how often each of turn, zoom and warp happens (0.75)", number)
    .option("--p-lighting <p>", "how often each of brightness and contrast happens (0.75)", number);

/** For the end of a command's help. */
export const RECIPES_HELP = `\nRecipes:\n${RECIPE_NAMES.map((name) => `  ${name.padEnd(16)} ${NAMED_RECIPES[name].says}`).join("\n")}`;

/**
 * The named recipe, or that of another run, and the fields that were given; all others are left to the API's defaults.
 * @throws Failure where two options name the same field
 */
export function recipeOf(options: RecipeOptions, like?: Recipe): Record<string, unknown> {
  const { wd, clip, pretrained, backbone, size, seed, dropout } = options;
  const { mixup, labelSmoothing, classWeights: weights, oversample, earlyStop, keepBest, learningCurve } = options;
  const { validFraction, allowUnusual } = options;
  const given = {
    ...{ backbone, size, seed, dropout, weightDecay: wd, gradientClip: clip, validFraction, allowUnusual },
    ...{ mixup, labelSmoothing, classWeights: weights, oversample, earlyStop, keepBest, learningCurve },
    ...{ pretrained: offOnly(pretrained), ...transformsOf(options) },
  };
  const { stage1, stage2, ...named } = like ?? NAMED_RECIPES[options.recipe ?? "lesson"].fields;
  // A run that had a second stage has it again, whatever is said of it.
  const phases = like?.phases.includes("stage-2") && !options.from ? ownPhases(options) : phasesOf(options);
  const stages = stagesOf(options, phases ?? named.phases ?? PHASES);
  return {
    ...{ ...named, ...defined({ ...given, phases }) },
    stage1: { ...stage1, ...defined(stages.stage1) },
    stage2: { ...stage2, ...defined(stages.stage2) },
  };
}

/** The fields of the recipe that are transforms, as far as they were given. */
export function transformsOf(options: TransformOptions) {
  const { augment, flip, flipVertical, maxRotate, maxZoom, maxLighting, maxWarp, pAffine, pLighting } = options;
  const numbers = { maxRotate, maxZoom, maxLighting, maxWarp, pAffine, pLighting };
  return { augment: offOnly(augment), flip: offOnly(flip), flipVertical, ...numbers };
}

/** The options of what is trained first go to stage 2 where that is all that there is, as in a sweep. */
function stagesOf(options: RecipeOptions, phases: readonly PhaseName[]) {
  const { epochs, lr, batch, unfreeze, slice, unfreezeBatch, trainFrom, trainBn } = options;
  const common = { trainFrom, trainBn };
  const hasHead = phases.includes("stage-1") || !(phases.includes("stage-2") || options.from);
  if (hasHead)
    return {
      stage1: { epochs, learningRate: lr, batchSize: batch },
      stage2: { ...common, epochs: unfreeze, rates: slice, batchSize: unfreezeBatch },
    };
  const upper = lr === undefined ? undefined : { upper: lr };
  return {
    stage1: {},
    stage2: {
      ...common,
      epochs: oneOf(epochs, unfreeze, "--epochs and --unfreeze"),
      rates: oneOf(upper, slice, "--lr and --slice"),
      batchSize: oneOf(batch, unfreezeBatch, "--batch and --unfreeze-batch"),
    },
  };
}

function oneOf<T>(first: T | undefined, second: T | undefined, names: string): T | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  throw new Failure(`${names} are the same where only stage 2 is trained; give one of them.`, { exitCode: 2 });
}

/**
 * From a trained stage it is stage 2 that runs, and without one both stages, where the recipe's name does not say more. Rates that
 * are given need no finder, and stage 2 runs where something is said of it. A sweep's slices count as one.
 */
export function phasesOf(
  options: Omit<RecipeOptions, "slice" | "epochs" | "lr"> & { slice?: unknown },
): readonly PhaseName[] | undefined {
  const { from, recipe, slice, unfreeze, unfreezeBatch, trainFrom, trainBn } = options;
  const own = ownPhases(options);
  if (own) return own;
  const hasSecond = [slice, unfreeze, unfreezeBatch, trainFrom, trainBn].some((given) => given !== undefined);
  if (from) return hasSecond || !NAMED_RECIPES[recipe ?? "lesson"].fields.phases ? ["stage-2"] : undefined;
  if (slice) return ["stage-1", "stage-2"];
  return hasSecond ? PHASES : undefined;
}

const ownPhases = ({
  findOnly,
  phases,
}: Pick<RecipeOptions, "findOnly" | "phases">): readonly PhaseName[] | undefined => (findOnly ? ["lr-find"] : phases);

const offOnly = (isOn: boolean): false | undefined => (isOn ? undefined : false);

const defined = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** Names of phases with commas between; whether they go together is the API's to say. */
export function phases(text: string): PhaseName[] {
  return text.split(",").map((part) => {
    const phase = PHASES.find((name) => name === part.trim());
    if (!phase) throw new InvalidArgumentError(`Give names with commas between, out of ${PHASES.join(", ")}.`);
    return phase;
  });
}

/** `upper`, or `lower,upper`. */
export function slice(text: string): { lower?: number; upper: number } {
  const [first = Number.NaN, second, ...more] = text
    .split(",")
    .map((part) => (part.trim() ? Number(part) : Number.NaN));
  if ([first, second ?? first].some(Number.isNaN) || more.length > 0) {
    throw new InvalidArgumentError("Give one learning rate, or two with a comma, such as 1e-5,3e-4.");
  }
  return second === undefined ? { upper: first } : { lower: first, upper: second };
}

/** `balanced`, or `class=weight` separated by commas; a class's name may hold an equals sign. */
export function classWeights(text: string): string | Record<string, number> {
  if (!text.includes("=")) return text;
  const pairs = text.split(",").map((pair) => {
    const at = pair.lastIndexOf("=");
    const weight = Number(pair.slice(at + 1));
    if (at < 1 || pair.slice(at + 1).trim() === "" || Number.isNaN(weight))
      throw new InvalidArgumentError(`Expected class=weight, got ${JSON.stringify(pair)}.`);
    return [pair.slice(0, at), weight];
  });
  return Object.fromEntries(pairs);
}
