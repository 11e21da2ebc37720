// What a training run stands on: a dataset that is ready, and the stage that it starts from. A model's, and a sweep's.
import type { Catalog } from "@ursa/catalog/catalog";
import type { Dataset } from "@ursa/contracts/dataset";
import type { CreateModel, Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Recipe } from "@ursa/contracts/recipe";
import { bodyFault, findStart } from "./find-start.ts";

type Wanted = Pick<CreateModel, "dataset" | "recipe" | "from"> & { namespace: string };
type Basis = Pick<Model, "dataset" | "classes" | "from"> & { options: Dataset["options"] };

/** @throws Problem not_found, dataset_not_ready, invalid_request, and what findStart throws */
export async function planModel(catalog: Pick<Catalog, "get">, wanted: Wanted): Promise<Basis> {
  const { namespace, recipe } = wanted;
  const dataset = await catalog.get("dataset", namespace, wanted.dataset);
  const { id, version, state, manifest, classes, options } = dataset;
  if (state !== "ready" || !manifest)
    throw new Problem("dataset_not_ready", `${id} is ${state}; training needs a dataset that is ready.`);
  checkClassWeights(recipe, classes);
  const from = await findStart(catalog, { ...wanted, dataset });
  return { dataset: { id, version, manifestSha256: manifest.sha256 }, classes, ...(from ? { from } : {}), options };
}

function checkClassWeights({ classWeights }: Recipe, classes: readonly string[]): void {
  const unknown =
    typeof classWeights === "object" ? Object.keys(classWeights).filter((name) => !classes.includes(name)) : [];
  if (unknown.length === 0) return;
  const message = `names ${unknown.join(", ")}; the classes are ${classes.join(", ")}`;
  throw bodyFault("recipe.classWeights", message);
}
