// The phases of a training run, one after another: each starts from the weights that the one before it left. A phase that an
// interrupted run had finished is read back instead.
import { resolveBatchSize, resolveNetworkBatch } from "@ursa/classifier/batches";
import { findStage1Rate } from "@ursa/classifier/find-stage-1-rate";
import { findStage2Rate } from "@ursa/classifier/find-stage-2-rate";
import type { Stage1Recipe } from "@ursa/classifier/stage-1-types";
import { rateBasisOf, stage2Rates } from "@ursa/classifier/stage-2-rates";
import type { WholeNetwork } from "@ursa/classifier/starting-weights";
import { type Stage1Options, trainStage1 } from "@ursa/classifier/train-stage-1";
import { trainStage2 } from "@ursa/classifier/train-stage-2";
import type { Finder, StageName } from "@ursa/contracts/model";
import type { PhaseName, Recipe } from "@ursa/contracts/recipe";
import { type BatchInUse, recipeThatFits } from "./smaller-batch.ts";
import { storeStage } from "./stage-artifacts.ts";
import { finishedStage, openStart, type RunStart } from "./stage-weights.ts";
import { findRateOf, trainStage } from "./train-stage.ts";
import type { StageResult, TrainModelOptions } from "./training-run.ts";

export type Pictures = Pick<Stage1Options, "train" | "valid" | "views">;
/** What a phase has to go by; `start` and `finder` change from one to the next. */
type Run = { options: TrainModelOptions; pictures: Pictures; shared: Stage1Recipe; start: RunStart; finder?: Finder };

/** @throws Problem training_diverged, and what reading the starting weights throws */
export async function runPhases(given: TrainModelOptions, pictures: Pictures): Promise<void> {
  const recipe = recipeThatFits(given.model);
  const options = { ...given, model: { ...given.model, recipe } };
  const { finder } = options.model;
  let run: Run = { options, pictures, shared: sharedRecipe(recipe), start: await openStart(options) };
  if (finder) run.finder = finder;
  for (const [i, phase] of recipe.phases.entries()) {
    if (phase === "lr-find") run.finder ??= await findRate(run, recipe.phases[i + 1]);
    else run = { ...run, start: await stageAfter(run, phase) };
  }
}

async function stageAfter(run: Run, stage: "stage-1" | "stage-2"): Promise<RunStart> {
  const { options, start } = run;
  const finished = await finishedStage(options, stage);
  const network = finished ?? (await (stage === "stage-1" ? trainFirst(run) : trainSecond(run)));
  return { ...network, origin: start.origin };
}

async function trainFirst({ options, pictures, shared, start }: Run): Promise<WholeNetwork> {
  const { model, workDir, engine, threads, onProgress, onLog, signal } = options;
  const { epochs, learningRate } = shared;
  await options.onBatchSize(batchOf("stage-1", { options, pictures }));
  const run = { stage: "stage-1", epochs, learningRate, trainCount: pictures.train.length } as const;
  const { trained, seconds } = await trainStage(options, run, (attempt) =>
    trainStage1({
      ...{ ...pictures, classes: model.classes, recipe: shared, start, engine, threads, onProgress, onLog, signal },
      workDir,
      maxActivationBytes: options.maxActivationBytes,
      learningCurve: model.recipe.learningCurve,
      ...attempt,
    }),
  );
  const { body, origin } = start;
  const { head, learningCurve } = trained;
  const result = await storeStage(options, { ...trained, stage: "stage-1", body, origin }, seconds);
  const stage = { ...result.stage, ...(learningCurve ? { learningCurve } : {}) };
  return recorded({ options, pictures }, { ...result, stage, body, head });
}

async function trainSecond({ options, pictures, shared, start, finder }: Run): Promise<WholeNetwork> {
  const { model, activations, engine, threads, onProgress, onLog, signal } = options;
  const { classes } = model;
  const recipe = model.recipe.stage2;
  await options.onBatchSize(batchOf("stage-2", { options, pictures }));
  const basis = rateBasisOf({ ...model, finder });
  const learningRate = stage2Rates(basis).rates.upper;
  const run = { stage: "stage-2", epochs: recipe.epochs, learningRate, trainCount: pictures.train.length } as const;
  const { trained, seconds } = await trainStage(options, run, (attempt) =>
    trainStage2({
      ...{ ...pictures, classes, recipe, start: whole(start), activations, engine, threads },
      ...{ shared: { ...shared, learningRate: basis.stage1Rate }, found: basis.found },
      ...{ onProgress, onLog, signal },
      ...attempt,
    }),
  );
  const counts = { trainCount: pictures.train.length, validCount: pictures.valid.length };
  const { origin } = start;
  const stage = { ...trained, ...counts, recipe: shared, classes, stage: "stage-2", origin } as const;
  const { body, head } = trained;
  return recorded({ options, pictures }, { ...(await storeStage(options, stage, seconds)), body, head });
}

async function recorded(
  { options, pictures: { train, valid } }: Pick<Run, "options" | "pictures">,
  { body, head, ...result }: StageResult & Pick<WholeNetwork, "body" | "head">,
): Promise<WholeNetwork> {
  const byClass = (side: Pictures["train"]) =>
    options.model.classes.map((_, label) => side.filter((item) => item.label === label).length);
  await options.onStage({
    ...result,
    stage: { ...result.stage, pictures: { train: byClass(train), valid: byClass(valid) } },
  });
  const weights = result.artifacts.find(({ name }) => name === "weights.safetensors");
  if (!weights) throw new Error(`${result.stage.name} was stored without its weights.`);
  return { body, head, identity: weights.sha256 };
}

/** Looks at what the next phase trains; as the last phase, at what would come next: the whole network once it has a head. */
async function findRate({ options, pictures, shared, start }: Run, next: PhaseName | undefined): Promise<Finder> {
  const { model, workDir, activations, engine, threads, onProgress, onFound, onLog, signal } = options;
  const common = { ...pictures, classes: model.classes, engine, threads, onProgress, signal };
  const layers = next === "stage-1" || !start.head ? "head" : "all";
  const stage = layers === "head" ? "stage-1" : "stage-2";
  await options.onBatchSize(batchOf(stage, { options, pictures }));
  const found = await findRateOf(options, stage, (attempt) =>
    layers === "head"
      ? findStage1Rate({ ...common, recipe: shared, start, workDir, ...attempt })
      : findStage2Rate({
          ...{ ...common, shared, recipe: model.recipe.stage2, start: whole(start), activations },
          ...attempt,
        }),
  );
  const finder = { ...found, layers } as const;
  await onFound(finder);
  await onLog(saysOf(finder, model.recipe));
  return finder;
}

function batchOf(stage: StageName, { options, pictures }: Pick<Run, "options" | "pictures">): BatchInUse {
  const { stage1, stage2 } = options.model.recipe;
  const batchSize =
    stage === "stage-1"
      ? resolveBatchSize(stage1.batchSize, pictures.train.length)
      : resolveNetworkBatch(stage2.batchSize);
  return { stage, batchSize };
}

function saysOf({ layers, suggestions }: Finder, { stage2 }: Recipe): string {
  const all = stage2.trainFrom === "body-low" ? "the whole network" : `the network from ${stage2.trainFrom} up`;
  const what = layers === "head" ? "the head" : all;
  if (!suggestions) return `The learning-rate finder on ${what}: the loss burst too early to suggest a rate.`;
  const { valley, steepest } = suggestions;
  return `The learning-rate finder on ${what}: valley ${valley.toExponential(1)}, steepest ${steepest.toExponential(1)}.`;
}

function whole(start: RunStart): WholeNetwork {
  const { head } = start;
  if (!head) throw new Error("The whole network is trained from a trained head; the API refuses a run without one.");
  return { ...start, head };
}

function sharedRecipe(all: Recipe): Stage1Recipe {
  const { stage1, stage2: _, validFraction: __, phases: ___, learningCurve: ____, ...recipe } = all;
  return { ...recipe, ...stage1 };
}
