// What a model said of the pictures of an evaluation: pages over its stored parts, in the order listed or by loss.
import {
  type EvaluatedItem,
  type EvaluatedItemsQuery,
  evaluatedItemSchema,
  MOST_EVALUATED_ITEMS,
} from "@ursa/contracts/evaluation";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import type { Owner } from "./owner.ts";
import { readIfThere } from "./parts.ts";

type Page = { items: EvaluatedItem[]; next?: string };

/**
 * One page. The cursor counts the items before it. Every part is read for a page by loss; in memory are the pages up to this one.
 * @throws Problem invalid_request for a cursor that no page gave
 */
export async function pageOfEvaluatedItems(
  store: ObjectStore,
  owner: Owner,
  query: EvaluatedItemsQuery,
): Promise<Page> {
  const start = startOf(query);
  const end = start + query.limit;
  // One more than was asked for shows that there is a next page.
  const chosen = await (query.order === "loss" ? highest : first)(answersOf(store, owner, query), end + 1);
  const items = chosen.slice(start, end);
  const isLast = chosen.length <= end || (query.order === "loss" && end >= MOST_EVALUATED_ITEMS);
  return isLast ? { items } : { items, next: String(end) };
}

function startOf({ cursor = "0", order }: EvaluatedItemsQuery): number {
  const start = Number(cursor);
  const isGiven = Number.isSafeInteger(start) && start >= 0 && (order === "key" || start < MOST_EVALUATED_ITEMS);
  if (isGiven) return start;
  throw new Problem("invalid_request", `${cursor} is not a cursor of this list; begin again without one.`);
}

async function* answersOf(store: ObjectStore, owner: Owner, query: EvaluatedItemsQuery): AsyncGenerator<EvaluatedItem> {
  for await (const item of everyAnswer(store, owner)) if (passes(item, query)) yield item;
}

/** In the order listed. */
export async function* everyAnswer(store: ObjectStore, owner: Owner): AsyncGenerator<EvaluatedItem> {
  for (let part = 0; ; part += 1) {
    const items = await readIfThere(store, keys.evaluation.answers(owner, part), evaluatedItemSchema);
    if (!items) return;
    yield* items;
  }
}

function passes(item: EvaluatedItem, query: EvaluatedItemsQuery): boolean {
  const { class: name = item.class, split = item.split, predicted = item.predicted, key = item.key } = query;
  if (item.key !== key || item.class !== name || item.split !== split || item.predicted !== predicted) return false;
  if (query.wrong === undefined) return true;
  return item.predicted !== undefined && (item.predicted !== item.class) === query.wrong;
}

async function first(items: AsyncIterable<EvaluatedItem>, count: number): Promise<EvaluatedItem[]> {
  const taken: EvaluatedItem[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

/** Equal losses stay in the order listed, and pictures that could not be read, which have none, come last. */
async function highest(items: AsyncIterable<EvaluatedItem>, count: number): Promise<EvaluatedItem[]> {
  let kept: EvaluatedItem[] = [];
  const cut = () => kept.sort((a, b) => (b.loss ?? -1) - (a.loss ?? -1)).slice(0, count);
  for await (const item of items) {
    kept.push(item);
    // Sorting now and then, not for each, is what keeps this a matter of one pass.
    if (kept.length > 2 * count + 1000) kept = cut();
  }
  return cut();
}
