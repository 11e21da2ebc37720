// The items of a dataset as the grid scrolls.
import type { Client } from "@ursa/contracts/client";
import type { Item, Split } from "@ursa/contracts/dataset";
import type { ItemOutcome } from "@ursa/contracts/outcomes";
import type { Suspicion } from "@ursa/contracts/suspect";
import { type Pages, usePages } from "./use-pages.ts";

export type ItemFilter = {
  class?: string | undefined;
  split?: Split | undefined;
  outcome?: ItemOutcome | undefined;
  /** Of an inspection; then it is that which says which items there are, and no outcome is chosen. */
  suspicion?: Suspicion | undefined;
};
export type Items = Pages<Item>;

/** Parsing the first ones takes some ten milliseconds, while the code is cold; scrolling stays smooth. */
const PAGE = 100;

/** @param inspection id of the one that `filter.suspicion` is of */
export function useItems(dataset: string, filter: ItemFilter, inspection: string | undefined): Items {
  const { class: name, split, outcome, suspicion } = filter;
  return usePages(JSON.stringify([dataset, name, split, outcome, suspicion, inspection]), (client, place, signal) => {
    const query = { ...given(filter), limit: PAGE, ...place };
    if (!suspicion || !inspection) return client.call("listItems", { params: { id: dataset }, query, signal });
    return suspectedItems(client, { dataset, inspection, query: { ...query, suspicion }, signal });
  });
}

type Suspected = {
  dataset: string;
  inspection: string;
  query: Omit<ItemFilter, "outcome"> & { limit: number; cursor?: string };
  signal: AbortSignal;
};

/** What helps most first, as the inspection has it. */
async function suspectedItems(client: Client, { dataset, inspection, query, signal }: Suspected) {
  const { items: suspects, next } = await client.call("listSuspects", { params: { id: inspection }, query, signal });
  const named = { keys: suspects.map(({ key }) => key).join(","), limit: PAGE };
  const answer =
    suspects.length > 0
      ? await client.call("listItems", { params: { id: dataset }, query: named, signal })
      : { items: [] };
  const items = new Map(answer.items.map((item) => [item.key, item]));
  return { items: suspects.flatMap(({ key }) => items.get(key) ?? []), next };
}

/** Only what is set: an exact optional type takes no undefined. */
const given = ({ class: name, split, outcome }: ItemFilter) => ({
  ...(name === undefined ? {} : { class: name }),
  ...(split === undefined ? {} : { split }),
  ...(outcome === undefined ? {} : { outcome }),
});
