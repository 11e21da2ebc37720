// A sweep as it is asked for: its record, and what its models say now.
import { readRuns, settleSweep } from "@ursa/catalog/advance-sweep";
import { sweepProgress, tabulateSweep } from "@ursa/catalog/tabulate-sweep";
import { isFinal } from "@ursa/contracts/record";
import type { Sweep, SweepView } from "@ursa/contracts/sweep";
import type { Dependencies } from "./dependencies.ts";

type Owner = { namespace: string; id: string };

/** A sweep ends with its last run, which does not know of it: whoever looks first writes it down. */
export async function settled({ catalog }: Dependencies, sweep: Sweep): Promise<Sweep> {
  return isFinal(sweep.state) ? sweep : settleSweep(catalog, sweep, await readRuns(catalog, sweep));
}

/** @throws Problem not_found */
export async function viewSweep({ catalog }: Dependencies, { namespace, id }: Owner): Promise<SweepView> {
  const stored = await catalog.get("sweep", namespace, id);
  const models = await readRuns(catalog, stored);
  const sweep = await settleSweep(catalog, stored, models);
  const table = tabulateSweep(sweep, models);
  if (isFinal(sweep.state)) return { ...sweep, table };
  return { ...sweep, table, progress: sweepProgress(sweep, models, Date.now()) };
}
