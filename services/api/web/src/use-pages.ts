// A list that comes in pages, as it is scrolled: page after page, no more than are looked at.
import type { Client } from "@ursa/contracts/client";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { useClient } from "./session.ts";

export type Pages<T> = {
  items: readonly T[];
  isComplete: boolean;
  problem?: unknown;
  /** Asks for the next page, unless it is on its way or could not be had. */
  more(): void;
  /** Asks again for the page that could not be had. */
  retry(): void;
};
type Page<T> = { items: T[]; next?: string | undefined };
/** `cursor` is what the page before called its next. */
type Ask<T> = (client: Client, place: { cursor?: string }, signal: AbortSignal) => Promise<Page<T>>;
type State<T> = { items: T[]; next: string | undefined; isComplete: boolean; problem?: unknown };

/** @param key what is asked, as text: another key is another list, which begins anew */
export function usePages<T>(key: string, ask: Ask<T>): Pages<T> {
  const client = useClient();
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const state = useRef<State<T>>(nothing());
  const asking = useRef<AbortController>(undefined);
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another question
  const more = useCallback(() => {
    if (asking.current || state.current.isComplete || state.current.problem) return;
    const mine = new AbortController();
    asking.current = mine;
    const done = (after: State<T>) => {
      if (mine.signal.aborted) return;
      state.current = after;
      asking.current = undefined;
      redraw();
    };
    const before = state.current;
    const place = before.next === undefined ? {} : { cursor: before.next };
    latest.current(client, place, mine.signal).then(
      ({ items, next }) => done({ items: [...before.items, ...items], next, isComplete: next === undefined }),
      (problem: unknown) => done({ ...before, problem }),
    );
  }, [client, key]);
  const retry = useCallback(() => {
    const { problem: _, ...before } = state.current;
    state.current = before;
    more();
    redraw();
  }, [more]);
  useEffect(() => {
    state.current = nothing();
    more();
    redraw();
    return () => {
      asking.current?.abort();
      asking.current = undefined;
    };
  }, [more]);
  return { ...state.current, more, retry };
}

const nothing = () => ({ items: [], next: undefined, isComplete: false });
