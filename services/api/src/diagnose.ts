// GET /v1/models/{id}/diagnosis: from the model's record, those of runs on the same pictures, and an inspection of these.
import type { Catalog } from "@ursa/catalog/catalog";
import { diagnoseModel } from "@ursa/classifier/diagnose/diagnose-model";
import type { Inspected } from "@ursa/classifier/diagnose/evidence";
import { evidenceOfInspection, type Place } from "@ursa/classifier/diagnose/evidence-of-inspection";
import type { Diagnosis } from "@ursa/contracts/diagnosis";
import type { Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { openEvaluationItems } from "@ursa/dataset/evaluation-items";
import type { ObjectStore } from "@ursa/store/object-store";
import { resultOf } from "./inspections.ts";

/** How many of the newest models are looked through for a run at another rate, and of the inspections for one of the same pictures. */
const NEWEST = 100;

type Asked = { namespace: string; id: string; targetError?: number | undefined };
type Stored = { catalog: Pick<Catalog, "get" | "list">; store: ObjectStore };

/** @throws Problem not_found */
export async function diagnose(deps: Stored, { namespace, id, targetError }: Asked): Promise<Diagnosis> {
  const { catalog } = deps;
  const model = await catalog.get("model", namespace, id);
  const { items: others } = await catalog.list("model", namespace, { limit: NEWEST });
  return diagnoseModel(model, { others, targetError, inspected: await inspectedOf(deps, model) });
}

/** The newest inspection that is ready. */
async function inspectedOf(deps: Stored, model: Model): Promise<Inspected | undefined> {
  const { namespace, dataset } = model;
  const { items } = await deps.catalog.list("inspection", namespace, { limit: NEWEST, state: "ready" });
  const found = items.find((each) => each.dataset.manifestSha256 === dataset.manifestSha256);
  if (!found) return undefined;
  const result = await resultOf(deps, found);
  const places = result.nearDuplicates.length > 0 ? await placesOf(deps, model) : new Map<string, Place>();
  return places && evidenceOfInspection(result, places);
}

/** The items in use, each with its side for this run. Undefined where the dataset was deleted since. */
async function placesOf({ catalog, store }: Stored, { namespace, dataset, recipe }: Model) {
  const { manifest } = await catalog.get("dataset", namespace, dataset.id).catch((error) => {
    if (error instanceof Problem && error.code === "not_found") return { manifest: undefined };
    throw error;
  });
  if (!manifest) return undefined;
  const { validFraction } = recipe;
  const { parts } = await openEvaluationItems(store, manifest.key, { split: "all", validFraction });
  const places = new Map<string, Place>();
  for await (const part of parts())
    for (const { key, class: name, split } of part) places.set(key, { class: name, split });
  return places;
}
