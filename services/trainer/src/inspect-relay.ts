// What each message of an inspecting child leads to. An inspection takes minutes at most, so whoever takes it next begins anew;
// only the result of the fence that is held is recorded.
import { FenceLost } from "@ursa/catalog/catalog";
import { Problem } from "@ursa/contracts/problem";
import type { ChildRun } from "./child-job.ts";
import type { ChildMessage } from "./child-messages.ts";
import type { Relay } from "./relay.ts";

export function createInspectRelay(run: ChildRun): Relay {
  let isFinished = false;
  return {
    isFinished: () => isFinished,
    async onMessage(message) {
      isFinished = (await act(run, message)) || isFinished;
    },
  };
}

/** @returns whether the result is recorded. @throws FenceLost, Problem with what the child failed of */
async function act({ catalog, events, live, owner, fence }: ChildRun, message: ChildMessage): Promise<boolean> {
  if (message.type === "superseded") throw new FenceLost(message.message);
  if (message.type === "failed") throw new Problem(message.code, message.message);
  if (message.type === "progress") {
    const { phase, done, total, ...details } = message.progress;
    live.progressed(message.progress);
    await events.reportProgress(owner, phase, "0", done, total, details);
  }
  if (message.type !== "inspected") return false;
  const { summary, result } = message;
  await catalog.update("inspection", owner, (current) => ({ ...current, summary, result, state: "ready" }), { fence });
  await events.publish(owner, { type: "state", state: "ready" });
  return true;
}
