// One fault, one seed: a world of its own, the fault in it, and what the judge says of the history.
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "./check.ts";
import type { Fault } from "./fault.ts";
import type { Violation } from "./violation.ts";
import { startWorld } from "./world.ts";
import type { StoreKind } from "./world-store.ts";

export type Verdict = { fault: Fault; seed: number; seconds: number; historyPath: string; violations: Violation[] };

/** @param store where a fault does not say what it needs */
export async function runFault(fault: Fault, seed: number, store: StoreKind): Promise<Verdict> {
  const started = performance.now();
  const folder = join(tmpdir(), "ursa-chaos");
  mkdirSync(folder, { recursive: true });
  const historyPath = join(folder, `${fault.id}-${seed}.jsonl`);
  rmSync(historyPath, { force: true });
  const violations = await judge(fault, { seed, store, historyPath });
  return { fault, seed, seconds: (performance.now() - started) / 1000, historyPath, violations };
}

type Run = { seed: number; store: StoreKind; historyPath: string };

async function judge(fault: Fault, { seed, store, historyPath }: Run): Promise<Violation[]> {
  try {
    await using world = await startWorld({ store, ...fault.world, seed, historyPath });
    const failure = await fault.run(world).then(
      () => [],
      (error: unknown): Violation[] => [{ invariant: "run", effect: "broken", what: String(error) }],
    );
    return [...failure, ...check(world.history.entries)];
  } catch (error) {
    return [{ invariant: "run", effect: "broken", what: `the world could not be made: ${error}` }];
  }
}
