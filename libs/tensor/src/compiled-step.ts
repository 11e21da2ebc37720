// Runs a training step as one graph, traced once, gradients and optimizer included.
import { openSession, type Session, type SessionOptions } from "./session.ts";
import { trace } from "./trace.ts";
import { createTrainStep, type OpenStep } from "./train-step.ts";

export type OpenGraph = (graph: Uint8Array, options: Pick<SessionOptions, "threads">) => Promise<Session>;

export const openCompiledStep: OpenStep = async (plan, { state, threads }) => {
  const { bytes, updates } = trace(plan);
  return createTrainStep({ session: await openSession(bytes, { threads }), updates, state });
};

type Opened = { graph: Uint8Array; threads: number; session: Session };

/**
 * Keeps the session of the step that was closed last: the next step of the same graph, as stage 2's is after the finder's,
 * goes on with it. Any other step closes it first, so that the memory of two is never held.
 */
export function createCompiledSteps(openGraph: OpenGraph): AsyncDisposable & { openStep: OpenStep } {
  let idle: Opened | undefined;
  const release = async () => {
    const released = idle;
    idle = undefined;
    await released?.session.close();
  };
  const take = async (graph: Uint8Array, threads: number): Promise<Session> => {
    const kept = idle;
    if (kept?.threads !== threads || Buffer.compare(kept.graph, graph) !== 0) {
      await release();
      return await openGraph(graph, { threads });
    }
    idle = undefined;
    return kept.session;
  };
  return {
    async openStep(plan, { state, threads }) {
      const { bytes: graph, updates } = trace(plan);
      const session = await take(graph, threads);
      const close = async () => {
        if (idle?.session === session) return;
        await release();
        idle = { graph, threads, session };
      };
      return createTrainStep({ session: { ...session, close, [Symbol.asyncDispose]: close }, updates, state });
    },
    [Symbol.asyncDispose]: release,
  };
}
