// The items of a dataset as the grid scrolls: page after page, no more than are looked at.
import type { Client } from "@ursa/contracts/client";
import type { Item, Split } from "@ursa/contracts/dataset";
import type { Outcome } from "@ursa/contracts/outcomes";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { useClient } from "./session.ts";

export type ItemFilter = { class?: string | undefined; split?: Split | undefined; outcome?: Outcome | undefined };
export type Items = {
  items: readonly Item[];
  isComplete: boolean;
  problem?: unknown;
  /** Asks for the next page, unless it is on its way. */
  more(): void;
};

/** Parsing one takes a few milliseconds, so scrolling stays smooth. */
const PAGE = 200;

type State = { items: Item[]; next: string | undefined; isComplete: boolean; problem?: unknown };
const NOTHING: State = { items: [], next: undefined, isComplete: false };

export function useItems(dataset: string, filter: ItemFilter): Items {
  const client = useClient();
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const state = useRef(NOTHING);
  const asking = useRef<AbortController>(undefined);
  const more = useCallback(() => {
    if (asking.current || state.current.isComplete || state.current.problem) return;
    const mine = new AbortController();
    asking.current = mine;
    const done = (after: State) => {
      if (mine.signal.aborted) return;
      state.current = after;
      asking.current = undefined;
      redraw();
    };
    const before = state.current;
    askPage(client, {
      dataset,
      filter: { class: filter.class, split: filter.split, outcome: filter.outcome },
      before,
      signal: mine.signal,
    }).then(done, (problem: unknown) => done({ ...before, problem }));
  }, [client, dataset, filter.class, filter.split, filter.outcome]);
  useEffect(() => {
    state.current = NOTHING;
    more();
    redraw();
    return () => {
      asking.current?.abort();
      asking.current = undefined;
    };
  }, [more]);
  return { ...state.current, more };
}

type Question = { dataset: string; filter: ItemFilter; before: State; signal: AbortSignal };

async function askPage(client: Client, { dataset: id, filter, before, signal }: Question): Promise<State> {
  const query = { ...given(filter), limit: PAGE, ...(before.next === undefined ? {} : { cursor: before.next }) };
  const { items, next } = await client.call("listItems", { params: { id }, query, signal });
  return { items: [...before.items, ...items], next, isComplete: next === undefined };
}

/** Only what is set: an exact optional type takes no undefined. */
const given = ({ class: name, split, outcome }: ItemFilter) => ({
  ...(name === undefined ? {} : { class: name }),
  ...(split === undefined ? {} : { split }),
  ...(outcome === undefined ? {} : { outcome }),
});
