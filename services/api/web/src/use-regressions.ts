// Regressions as a person turns the knobs: asked for shortly after the last change, and gone from the service once their result is here.
import type { Client } from "@ursa/contracts/client";
import { Problem } from "@ursa/contracts/problem";
import type { CreateRegression, RegressionResult } from "@ursa/contracts/regression";
import { useEffect, useRef, useState } from "react";
import { followRecord } from "./follow-record.ts";
import { useClient } from "./session.ts";

export type Wanted = Partial<CreateRegression>;
type State = { results?: RegressionResult[]; isRunning: boolean; problem?: unknown };

const PAUSE_MS = 250;

/** In the order of `wanted`. Those before stay until the new ones are there. */
export function useRegressions(wanted: readonly Wanted[]): State {
  const client = useClient();
  const [state, setState] = useState<State>({ isRunning: true });
  const latest = useRef(wanted);
  latest.current = wanted;
  const key = JSON.stringify(wanted);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is wanted is in the key
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const run = async () => {
      setState(({ results }) => ({ ...(results ? { results } : {}), isRunning: true }));
      const made = latest.current.map((body) => fitOnce(client, body, signal));
      return Promise.all(made).then(
        (results) => signal.aborted || setState({ results, isRunning: false }),
        (problem: unknown) => signal.aborted || setState({ isRunning: false, problem }),
      );
    };
    const timer = setTimeout(run, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, key]);
  return state;
}

async function fitOnce(client: Client, body: Wanted, signal: AbortSignal): Promise<RegressionResult> {
  const { id } = await client.call("createRegression", { body, signal });
  const params = { id };
  let hasEnded = false;
  try {
    await followRecord(
      (after) => client.call("regressionEvents", { params, signal, headers: after ? { "last-event-id": after } : {} }),
      { signal, onEvent() {} },
    );
    signal.throwIfAborted();
    hasEnded = true;
    const { state, error } = await client.call("getRegression", { params, signal });
    if (state !== "ready") throw new Problem(error?.code ?? "worker_failed", error?.message);
    return await client.call("getRegressionResult", { params, signal });
  } finally {
    await forget(client, { id, hasEnded });
  }
}

/** Nobody has asked to keep it. What still waits is cancelled first; what cannot be deleted now is only a line in a list. */
async function forget(client: Client, { id, hasEnded }: { id: string; hasEnded: boolean }): Promise<void> {
  const params = { id };
  if (!hasEnded) await client.call("cancelRegression", { params }).catch(() => {});
  await client.call("deleteRegression", { params }).catch(() => {});
}
