// The items of a dataset as the grid scrolls.
import type { Item, Split } from "@ursa/contracts/dataset";
import type { ItemOutcome } from "@ursa/contracts/outcomes";
import { type Pages, usePages } from "./use-pages.ts";

export type ItemFilter = { class?: string | undefined; split?: Split | undefined; outcome?: ItemOutcome | undefined };
export type Items = Pages<Item>;

/** Parsing the first ones takes some ten milliseconds, while the code is cold; scrolling stays smooth. */
const PAGE = 100;

export function useItems(dataset: string, filter: ItemFilter): Items {
  const { class: name, split, outcome } = filter;
  return usePages(JSON.stringify([dataset, name, split, outcome]), (client, place, signal) =>
    client.call("listItems", { params: { id: dataset }, query: { ...given(filter), limit: PAGE, ...place }, signal }),
  );
}

/** Only what is set: an exact optional type takes no undefined. */
const given = ({ class: name, split, outcome }: ItemFilter) => ({
  ...(name === undefined ? {} : { class: name }),
  ...(split === undefined ? {} : { split }),
  ...(outcome === undefined ? {} : { outcome }),
});
