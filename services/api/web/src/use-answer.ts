// What the API answers, as a part of the page sees it: waiting, there, or refused; asked again on request.
import type { Client } from "@ursa/contracts/client";
import { useEffect, useRef, useState } from "react";
import { useClient } from "./session.ts";

export type Answer<T> = { value?: T; problem?: unknown; reload(): void };
type Ask<T> = (client: Client, signal: AbortSignal) => Promise<T>;

/**
 * @param key what is asked, as text: another key is another question, whose answer is waited for anew
 * @param ask sends the question; while it is asked again the answer before stays
 */
export function useAnswer<T>(key: string, ask: Ask<T>): Answer<T> {
  const client = useClient();
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ key: string; value?: T; problem?: unknown }>({ key });
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn asks again
  useEffect(() => {
    const { signal, abort } = abortable();
    latest.current(client, signal).then(
      (value) => signal.aborted || setState({ key, value }),
      (problem: unknown) => signal.aborted || setState({ key, problem }),
    );
    return abort;
  }, [client, key, turn]);
  const reload = () => setTurn((count) => count + 1);
  return { ...(state.key === key ? state : {}), reload };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

export type Action<A extends unknown[]> = { run(...args: A): void; isRunning: boolean; problem?: unknown };

/** Something a person sets off: one at a time, and its refusal is kept to be shown. */
export function useAction<A extends unknown[]>(act: (client: Client, ...args: A) => Promise<unknown>): Action<A> {
  const client = useClient();
  const [state, setState] = useState<{ isRunning: boolean; problem?: unknown }>({ isRunning: false });
  const run = (...args: A) => {
    if (state.isRunning) return;
    setState({ isRunning: true });
    act(client, ...args).then(
      () => setState({ isRunning: false }),
      (problem: unknown) => setState({ isRunning: false, problem }),
    );
  };
  return { ...state, run };
}
