// Everything by which bull-board changes queues, as bull-board's own table has it.
import { appRoutes } from "@bull-board/api/dist/routes.js";

export type Change = { method: string; path: string };

/** Addresses below the board's own, with a queue and a job of ours in them. */
export function changesOf(queue: string, jobId: string): Change[] {
  const parts: Record<string, string> = { queueName: queue, jobId, queueStatus: "completed", schedulerId: "any" };
  return appRoutes.api
    .flatMap(({ method, route }) =>
      [method].flat().flatMap((one) => [route].flat().map((path) => ({ method: one, path }))),
    )
    .filter(({ method }) => method !== "get")
    .map(({ method, path }) => ({
      method: method.toUpperCase(),
      path: path.replace(/:(\w+)/g, (_, name: string) => parts[name] ?? ""),
    }));
}
