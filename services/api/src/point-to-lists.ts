// What is not there is said together with the address that lists what is. The catalog does not know addresses; the API does.
import type { Aliases } from "@ursa/catalog/aliases";
import type { Catalog } from "@ursa/catalog/catalog";
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem, type ProblemCode } from "@ursa/contracts/problem";
import { ROUTES } from "@ursa/contracts/routes";

const LISTS: Record<RecordKind, string> = {
  dataset: ROUTES.listDatasets.path,
  model: ROUTES.listModels.path,
  prediction: ROUTES.listPredictions.path,
  evaluation: ROUTES.listEvaluations.path,
  inspection: ROUTES.listInspections.path,
  regression: ROUTES.listRegressions.path,
  sweep: ROUTES.listSweeps.path,
};
const ALIASES = ROUTES.listAliases.path;
const ABSENT: readonly ProblemCode[] = ["not_found", "unknown_model"];

export const catalogThatPoints = (catalog: Catalog): Catalog => ({
  ...catalog,
  get: (kind, namespace, id) => catalog.get(kind, namespace, id).catch(pointTo(LISTS[kind])),
  update: (kind, owner, ...change) => catalog.update(kind, owner, ...change).catch(pointTo(LISTS[kind])),
});

export const aliasesThatPoint = (aliases: Aliases): Aliases => ({
  ...aliases,
  get: (namespace, name) => aliases.get(namespace, name).catch(pointTo(ALIASES)),
  put: (namespace, name, wanted) => aliases.put(namespace, name, wanted).catch(pointTo(LISTS.model)),
  resolve: (namespace, reference) =>
    aliases.resolve(namespace, reference).catch(pointTo(reference?.includes("@") ? ALIASES : LISTS.model)),
});

/** For what an inferer says of a model that was deleted after the API had looked. */
export const pointToModels = (error: unknown): never => pointTo(LISTS.model)(error);

/** Only the sentence grows; code and data stay as they are. */
const pointTo =
  (list: string) =>
  (error: unknown): never => {
    if (!(error instanceof Problem) || !ABSENT.includes(error.code)) throw error;
    const { code, message, extra } = error;
    throw new Problem(code, `${message} GET ${list} lists what there is.`, { cause: error, extra });
  };
