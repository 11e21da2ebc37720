// A fault of the matrix: what is broken, what is promised nevertheless, and how it is tried.
import type { World, WorldOptions } from "./world.ts";

export type Fault = {
  /** Of the matrix: F1 to F31. */
  id: string;
  title: string;
  promise: string;
  world?: Omit<WorldOptions, "seed" | "historyPath">;
  /**
   * Breaks, mends, and waits until what was asked for has ended; everything goes into the world's history, which is judged afterwards.
   * Starts the services it needs.
   */
  run(world: World): Promise<void>;
};

/** Notes whether what the fault promises was kept, and what was seen. */
export function promise({ history }: World, what: string, kept: boolean, seen: unknown): void {
  history.add({ type: "promise", what, kept, seen: typeof seen === "string" ? seen : JSON.stringify(seen) });
}
