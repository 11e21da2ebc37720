// A model's record as evidence, and what the rules find in it.
import type { Diagnosis } from "@ursa/contracts/diagnosis";
import type { EpochRow, Model, StageName } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import { hasStalled } from "../best-epoch.ts";
import { isDiverged } from "../divergence.ts";
import { rateBasisOf, stage2Rates } from "../stage-2-rates.ts";
import { diagnose } from "./diagnose.ts";
import type { Evidence, Inspected, OtherRun, Rates } from "./evidence.ts";
import { startable, supplyOf } from "./startable.ts";

export type DiagnosisOptions = {
  /** Records of runs on the same pictures, this one may be among them. */
  others?: readonly Model[];
  targetError?: number | undefined;
  inspected?: Inspected | undefined;
};

/** The last stage that finished an epoch is looked at; without one nothing is found. */
export function diagnoseModel(model: Model, options: DiagnosisOptions = {}): Diagnosis {
  const stage = model.epochs.at(-1)?.stage;
  if (!stage) return { model: model.id, findings: [], notJudged: [] };
  const { findings, notJudged } = diagnose(evidenceOf(model, stage, options));
  return {
    model: model.id,
    stage,
    findings: findings.map((finding) => ({ ...finding, change: startable(finding, model) })),
    notJudged: notJudged.map(({ need, ...unjudged }) => ({ ...unjudged, ...supplyOf(need, model) })),
  };
}

function evidenceOf(model: Model, stage: StageName, options: DiagnosisOptions): Evidence {
  const rows = model.epochs.filter((row) => row.stage === stage);
  const ended = model.stages.find(({ name }) => name === stage);
  const { targetError, inspected } = options;
  return {
    ...{ stage, rows, before: model.epochs.findLast((row) => row.stage !== stage), classes: model.classes },
    isNewHead: stage === "stage-1" && model.from?.head !== "kept",
    isComplete: ended !== undefined || isOver(model, stage),
    ...{
      epochs: model.recipe[fieldOf(stage)].epochs,
      rates: ratesOf(model, stage),
      usualRate: usualRateOf(model, stage),
    },
    suggestions: suggestionsOf(model, stage),
    ...{ pictures: ended?.pictures, isBalanced: model.recipe.oversample || model.recipe.classWeights !== "none" },
    learningCurve: model.stages.find((each) => each.learningCurve)?.learningCurve,
    others: (options.others ?? []).flatMap((other) => otherRun(model, other, stage)),
    ...{ targetError, inspected },
  };
}

const fieldOf = (stage: StageName) => (stage === "stage-1" ? "stage1" : "stage2");

/** All epochs, or an early stop. */
function isOver({ epochs, recipe }: Model, stage: StageName): boolean {
  const rows = epochs.filter((row) => row.stage === stage);
  return rows.length >= recipe[fieldOf(stage)].epochs || hasStalled(rows, recipe.earlyStop);
}

function ratesOf(model: Model, stage: StageName): Rates {
  if (stage === "stage-1") return { upper: model.recipe.stage1.learningRate };
  return stage2Rates(rateBasisOf(model)).rates;
}

/** What the defaults would have been. */
function usualRateOf({ recipe, from }: Model, stage: StageName): number {
  if (stage === "stage-1") return USUAL.stage1.learningRate;
  const stage1 = { ...recipe.stage1, learningRate: USUAL.stage1.learningRate };
  return stage2Rates(rateBasisOf({ recipe: { ...recipe, stage1, stage2: USUAL.stage2 }, ...(from ? { from } : {}) }))
    .rates.upper;
}

const USUAL = recipeSchema.parse({});

/** Of a finder that looked at what the stage trained. */
function suggestionsOf({ finder }: Model, stage: StageName): Evidence["suggestions"] {
  const layers = stage === "stage-1" ? "head" : "all";
  return finder?.layers === layers ? finder.suggestions : undefined;
}

/** A run that differs in the rate and the epochs of this stage only. */
function otherRun(model: Model, other: Model, stage: StageName): OtherRun[] {
  const rows = other.epochs.filter((row) => row.stage === stage);
  const isSame = sameBut(model, stage) === sameBut(other, stage);
  if (other.id === model.id || rows.length === 0 || !isSame) return [];
  const { upper: rate } = ratesOf(other, stage);
  const { epochs } = other.recipe[fieldOf(stage)];
  return [{ rate, epochs, isDiverged: rows.some((row: EpochRow) => isDiverged(row, other.classes.length)) }];
}

function sameBut({ dataset, recipe, from }: Model, stage: StageName): string {
  const { seed: _, allowUnusual: __, phases: ___, learningCurve: ____, ...rest } = recipe;
  const { stage1, stage2 } = rest;
  const stages = {
    ...{ stage1: stage === "stage-1" ? { ...stage1, epochs: 0, learningRate: 0 } : stage1 },
    ...{ stage2: stage === "stage-2" ? { ...stage2, epochs: 0, rates: undefined } : undefined },
  };
  return JSON.stringify({ ...rest, ...stages, dataset: dataset.manifestSha256, from: from?.sha256 });
}
