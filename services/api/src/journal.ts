// Training runs as a lab journal, and as a list by error: both look through the newest.

import type { Catalog, RecordOf } from "@ursa/catalog/catalog";
import { byError, errorOf, tabulateRuns } from "@ursa/catalog/journal";
import type { Dataset } from "@ursa/contracts/dataset";
import { type JournalRow, MOST_JOURNAL_RUNS, type RUN_ORDERS } from "@ursa/contracts/journal";
import type { Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { ListedState } from "@ursa/contracts/record";

type Listing = Pick<Catalog, "list" | "get">;
type Order = (typeof RUN_ORDERS)[number];
type ModelQuery = { cursor?: string | undefined; limit: number; state?: ListedState | undefined; order: Order };

/** @throws Problem invalid_request for a cursor of the other order */
export async function listModels(
  catalog: Listing,
  namespace: string,
  { order, ...query }: ModelQuery,
): Promise<{ items: Model[]; next?: string }> {
  if (order === "newest") return catalog.list("model", namespace, query);
  const { cursor = "0", limit, state } = query;
  const start = Number(cursor);
  if (!/^\d{1,4}$/.test(cursor))
    throw new Problem("invalid_request", `${cursor} is not a cursor of this list; begin again without one.`);
  const models = byError(await newestModels(catalog, namespace, state), (model) => errorOf(model)?.errorRate);
  const end = start + limit;
  return { items: models.slice(start, end), ...(end < models.length ? { next: String(end) } : {}) };
}

export async function journalOf(
  catalog: Listing,
  namespace: string,
  { order, limit }: { order: Order; limit: number },
): Promise<{ items: JournalRow[] }> {
  const models = await newestModels(catalog, namespace);
  const rows = tabulateRuns(models, await readLines(catalog, namespace, models));
  return { items: (order === "newest" ? rows : byError(rows, ({ error }) => error?.errorRate)).slice(0, limit) };
}

/** The most records that the catalog gives at once. */
const PAGE = 200;

async function newestModels(catalog: Listing, namespace: string, state?: ListedState): Promise<Model[]> {
  const models: RecordOf<"model">[] = [];
  let cursor: string | undefined;
  do {
    const page = await catalog.list("model", namespace, { limit: PAGE, cursor, state });
    models.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && models.length < MOST_JOURNAL_RUNS);
  return models.slice(0, MOST_JOURNAL_RUNS);
}

/** The datasets of the runs and all that they were made of. What was deleted, as an imported model's always is, ends its line. */
async function readLines(catalog: Listing, namespace: string, models: readonly Model[]): Promise<Map<string, Dataset>> {
  const datasets = new Map<string, Dataset>();
  let wanted = new Set(models.map(({ dataset }) => dataset.id));
  while (wanted.size > 0) {
    const read = await Promise.all([...wanted].map((id) => readIfThere(catalog, namespace, id)));
    const found = read.filter((dataset) => dataset !== undefined);
    for (const dataset of found) datasets.set(dataset.id, dataset);
    wanted = new Set(found.flatMap(({ parent }) => (parent && !datasets.has(parent.id) ? [parent.id] : [])));
  }
  return datasets;
}

async function readIfThere(catalog: Listing, namespace: string, id: string): Promise<Dataset | undefined> {
  return catalog.get("dataset", namespace, id).catch((error) => {
    if (error instanceof Problem && error.code === "not_found") return undefined;
    throw error;
  });
}
