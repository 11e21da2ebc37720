// GET /v1/models/{id}/diagnosis: from the model's record, and those of runs on the same pictures.
import type { Catalog } from "@ursa/catalog/catalog";
import { diagnoseModel } from "@ursa/classifier/diagnose/diagnose-model";
import type { Diagnosis } from "@ursa/contracts/diagnosis";

/** How many of the newest models are looked through for a run at another rate. */
const NEWEST = 100;

type Asked = { namespace: string; id: string; targetError?: number | undefined };

/** @throws Problem not_found */
export async function diagnose(
  catalog: Pick<Catalog, "get" | "list">,
  { namespace, id, targetError }: Asked,
): Promise<Diagnosis> {
  const model = await catalog.get("model", namespace, id);
  const { items: others } = await catalog.list("model", namespace, { limit: NEWEST });
  return diagnoseModel(model, { others, targetError });
}
