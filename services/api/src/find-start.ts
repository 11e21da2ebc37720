// The stage that a new model starts from: which it is, and whether its head is of use to these classes.
import type { Catalog } from "@ursa/catalog/catalog";
import { untrained } from "@ursa/catalog/untrained";
import type { Dataset } from "@ursa/contracts/dataset";
import { type CreateModel, type Lineage, type Model, STAGES, type StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Recipe } from "@ursa/contracts/recipe";

type Wanted = Pick<CreateModel, "from" | "recipe"> & { namespace: string; dataset: Dataset };

/**
 * Undefined where nothing was asked for: the run starts from the pretrained weights.
 * @throws Problem unknown_model; model_not_ready for a stage that has not ended, or diverged; invalid_request where the recipe
 * does not fit what it starts from
 */
export async function findStart(catalog: Pick<Catalog, "get">, wanted: Wanted): Promise<Lineage | undefined> {
  const { from, recipe, namespace, dataset } = wanted;
  const trainsHead = recipe.phases.includes("stage-1");
  if (from === undefined) {
    if (trainsHead || !recipe.phases.includes("stage-2")) return undefined;
    throw bodyFault("recipe.phases", "has stage-2 and no trained head: put stage-1 first, or name a stage in `from`");
  }
  const [id = "", stage] = from.split("@");
  const model = await catalog.get("model", namespace, id).catch((cause) => {
    const isGone = cause instanceof Problem && cause.code === "not_found";
    throw isGone ? new Problem("unknown_model", `There is no model ${id}.`, { cause }) : cause;
  });
  const weights = weightsOf(model, stage);
  if (model.recipe.backbone !== recipe.backbone)
    throw bodyFault("from", `is a ${model.recipe.backbone}, but the recipe's backbone is ${recipe.backbone}`);
  if (!recipe.pretrained)
    throw bodyFault("recipe.pretrained", `is off, but the body starts from ${from}; leave one of the two out`);
  checkCut(model, recipe, dataset);
  const isSame = JSON.stringify(model.classes) === JSON.stringify(dataset.classes);
  if (!isSame && !trainsHead && recipe.phases.includes("stage-2"))
    throw bodyFault("recipe.phases", `needs stage-1: ${from} was trained on other classes, so a new head begins`);
  const { key, sha256 } = weights;
  return {
    model: id,
    stage: weights.stage,
    key,
    sha256,
    head: isSame ? "kept" : "new",
    ...ratesOf(model, weights.stage),
  };
}

/** Splits of one dataset are cut at different places of one ranking, so a smaller part for validation is within a larger one. */
function checkCut(model: Model, recipe: Recipe, { id, options }: Dataset): void {
  if (model.dataset.id !== id) return;
  const [before = options.validFraction, now = options.validFraction] = [
    model.recipe.validFraction,
    recipe.validFraction,
  ];
  if (now <= before) return;
  const message = `${now} would validate on pictures that ${model.id} was trained on: it kept ${before} of this dataset for validation; take at most that`;
  throw bodyFault("recipe.validFraction", message);
}

/** What stage 2 goes by where it goes on from this stage. */
function ratesOf({ recipe, from, finder }: Model, stage: StageName): Pick<Lineage, "stage1Rate" | "finder"> {
  const { phases, stage1 } = recipe;
  const stage1Rate = phases.includes("stage-1") ? stage1.learningRate : from?.stage1Rate;
  // The finder saw the weights of the stage that had ended before it.
  const seen = phases[phases.indexOf("lr-find") - 1];
  const { suggestions } = finder ?? {};
  return {
    ...(stage1Rate === undefined ? {} : { stage1Rate }),
    ...(finder?.layers === "all" && seen === stage ? { finder: suggestions ? { suggestions } : {} } : {}),
  };
}

function weightsOf(model: Model, asked: string | undefined) {
  const stages = STAGES.filter((stage) => asked === undefined || stage === asked);
  const found = stages.flatMap((stage) =>
    model.artifacts.filter((file) => file.stage === stage && file.name === "weights.safetensors"),
  );
  const last = found.at(-1);
  if (!last) throw untrained(model, asked === undefined ? undefined : stages[0]);
  return last;
}

/** A fault of the request that its schema cannot see. */
export function bodyFault(path: string, message: string): Problem {
  const errors = [{ in: "body", path, message }];
  return new Problem("invalid_request", "The body of the request has a fault; errors names it.", { extra: { errors } });
}
