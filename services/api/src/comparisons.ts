// A comparison of two models stands on the interpretation of each; nothing of it is stored.
import { compareAnswers } from "@ursa/classifier/compare/compare-answers";
import type { Comparison, ComparisonResult, CreateComparison } from "@ursa/contracts/comparison";
import type { Evaluation } from "@ursa/contracts/evaluation";
import type { Model, StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { readSharedAnswers } from "@ursa/dataset/shared-answers";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";
import { stageOf } from "./evaluations.ts";
import { findInterpretation, makeInterpretation } from "./interpretations.ts";
import { withProgress } from "./record-routes.ts";

export function comparisonHandlers(deps: Dependencies): Handlers {
  return {
    async createComparison({ params, body, request }) {
      const { before, after } = await stagesOf(deps, { id: params.id, wanted: body, request });
      // One after the other: both may be stages of one model, whose record names their evaluations.
      const made = await makeInterpretation(deps, { ...before, request });
      return compare(deps, { before: made, after: await makeInterpretation(deps, { ...after, request }) }, body.split);
    },
    async getComparison({ params, query, request }) {
      const { before, after } = await stagesOf(deps, { id: params.id, wanted: query, request });
      const there = { before: await findInterpretation(deps, before), after: await findInterpretation(deps, after) };
      return compare(deps, there, query.split);
    },
  };
}

type Wanted = { id: string; wanted: CreateComparison; request: RequestInfo };
type Sides<T> = { before: T; after: T };

async function stagesOf(
  { catalog, aliases }: Dependencies,
  { id, wanted, request: { namespace } }: Wanted,
): Promise<Sides<{ model: Model; stage: StageName }>> {
  const model = await catalog.get("model", namespace, id);
  const [, referred = wanted.with, stage] = /^(mdl_[0-9A-Z]{26})@(stage-[12])$/.exec(wanted.with) ?? [];
  const { modelId } = await aliases.resolve(namespace, referred);
  const other = await catalog.get("model", namespace, modelId);
  return {
    // Its schema lets no other stage pass.
    before: { model: other, stage: stageOf(other, stage as StageName | undefined) },
    after: { model, stage: stageOf(model, wanted.stage) },
  };
}

async function compare(
  deps: Dependencies,
  { before, after }: Sides<Evaluation>,
  split: ComparisonResult["split"],
): Promise<Comparison> {
  const told = { before: await withProgress(deps, before), after: await withProgress(deps, after) };
  if (before.state !== "ready" || after.state !== "ready") return told;
  return { ...told, result: await resultOf(deps, { before, after }, split) };
}

/** @throws Problem nothing_in_common, dataset_not_ready */
async function resultOf(
  deps: Dependencies,
  sides: Sides<Evaluation>,
  split: ComparisonResult["split"],
): Promise<ComparisonResult> {
  const { before, after } = sides;
  const newer = isNewer(before, after) ? "before" : "after";
  const [from, to] = [await answered(deps, before), await answered(deps, after)];
  const { pictures, notShared } = await readSharedAnswers(deps.store, { before: from, after: to, newer, split });
  if (pictures.length === 0)
    throw new Problem(
      "nothing_in_common",
      `${before.model} and ${after.model} have no ${split} picture in common that neither was trained on; evaluate both on one dataset instead.`,
      { extra: { notShared } },
    );
  const classes = [...new Set([sides[newer], before, after].flatMap((each) => each.classes))];
  const { before: was, after: is, ...differences } = compareAnswers(pictures, { classes, split });
  return {
    ...{ split, dataset: sides[newer].dataset, classes, notShared, ...differences },
    ...{ before: { ...namesOf(before), ...was }, after: { ...namesOf(after), ...is } },
  };
}

const namesOf = ({ id, model, stage, dataset }: Evaluation) => ({ model, stage, evaluation: id, dataset });

/** The dataset that was made later, which a version is than its parent: ids begin with the time. */
const isNewer = ({ dataset: one }: Evaluation, { dataset: other }: Evaluation): boolean => one.id > other.id;

/** @throws Problem not_found where the dataset was deleted since */
async function answered({ catalog }: Dependencies, evaluation: Evaluation) {
  const { id, namespace, dataset, classes } = evaluation;
  const { manifest } = await catalog.get("dataset", namespace, dataset.id);
  if (!manifest) throw new Problem("dataset_not_ready", `${dataset.id} has no items.`);
  return { evaluation: { namespace, id }, manifest: manifest.key, classes };
}
