// Brings a sweep one step on: makes the runs that it names, cancels them when that was asked for, and ends it when all have ended.
// Every step may be cut short and repeated, by several at once: a run is made under an id that the sweep's record settled, so it is
// made once; whether it is made queued or cancelled is for whoever comes first.
import type { Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { Sweep } from "@ursa/contracts/sweep";
import { cellTitle, recipeOfCell } from "@ursa/contracts/sweep-cell";
import type { Producer } from "@ursa/queue/producer";
import type { Logger } from "@ursa/service/logger";
import { CANCELLED, cancelRecord } from "./cancel-record.ts";
import type { Catalog } from "./catalog.ts";

type Advancer = {
  catalog: Pick<Catalog, "create" | "get" | "update">;
  producer: Pick<Producer, "enqueueModel" | "cancel">;
  log: Logger;
};
export type RunModels = ReadonlyMap<string, Model>;

/** @returns the sweep as it is then. Throws what the store throws; a run that cannot be enqueued is left to the reconciler. */
export async function advanceSweep(deps: Advancer, sweep: Sweep): Promise<Sweep> {
  if (isFinal(sweep.state)) return sweep;
  if (sweep.cancelRequested) await cancelRuns(deps, sweep);
  else if (sweep.state === "queued") await makeRuns(deps, sweep);
  const made = await deps.catalog.update("sweep", sweep, (current) =>
    current.state === "queued" ? { ...current, state: "running" } : current,
  );
  return settleSweep(deps.catalog, made, await readRuns(deps.catalog, made));
}

/** Asks for it in the record first; then the runs. @throws Problem already_final, not_found */
export async function cancelSweep(deps: Advancer, owner: { namespace: string; id: string }): Promise<Sweep> {
  const seen = await deps.catalog.get("sweep", owner.namespace, owner.id);
  const sweep = await settleSweep(deps.catalog, seen, await readRuns(deps.catalog, seen));
  if (isFinal(sweep.state)) throw new Problem("already_final", `${sweep.id} is ${sweep.state} already.`);
  const asked = await deps.catalog.update("sweep", owner, (current) => ({ ...current, cancelRequested: true }));
  return advanceSweep(deps, asked);
}

/** Its models by id: those that are made, and not deleted since. */
export async function readRuns(catalog: Pick<Catalog, "get">, { namespace, runs }: Sweep): Promise<RunModels> {
  const read = runs.map(({ model }) =>
    catalog.get("model", namespace, model).catch((error) => {
      if (error instanceof Problem && error.code === "not_found") return undefined;
      throw error;
    }),
  );
  const found = (await Promise.all(read)).filter((model) => model !== undefined);
  return new Map(found.map((model) => [model.id, model]));
}

/** Ends a sweep whose runs have all ended: ready when one of them is. */
export async function settleSweep(catalog: Pick<Catalog, "update">, sweep: Sweep, models: RunModels): Promise<Sweep> {
  if (sweep.state !== "running") return sweep;
  const runs = [...models.values()];
  if (!runs.every(({ state }) => isFinal(state))) return sweep;
  const ending = endingOf(sweep, runs);
  return catalog.update("sweep", sweep, (current) => (isFinal(current.state) ? current : { ...current, ...ending }));
}

function endingOf({ cancelRequested }: Sweep, runs: Model[]): Pick<Sweep, "state" | "error"> {
  if (cancelRequested || (runs.length > 0 && runs.every(({ state }) => state === "cancelled")))
    return { state: "cancelled", error: CANCELLED };
  if (runs.some(({ state }) => state === "ready")) return { state: "ready" };
  const error = runs.find(({ state }) => state === "failed")?.error;
  const message = error ? `None of its runs is ready. The first that failed: ${error.message}` : "Its runs are gone.";
  return { state: "failed", error: { code: error?.code ?? "worker_failed", message } };
}

async function makeRuns({ catalog, producer, log }: Advancer, sweep: Sweep): Promise<void> {
  for (const run of sweep.runs) {
    const model = await catalog.create("model", runModel(sweep, run));
    if (isFinal(model.state)) continue;
    await producer.enqueueModel(model).catch((error) => {
      log.warn({ err: error, id: model.id }, "not enqueued: left to the reconciler");
    });
  }
}

/** A run that is not made yet is made as cancelled: whoever is making it at this moment finds it there. */
async function cancelRuns(deps: Advancer, sweep: Sweep): Promise<void> {
  for (const run of sweep.runs) {
    const made = runModel(sweep, run);
    const cancelled: Model = { ...made, state: "cancelled", error: CANCELLED, endedAt: made.createdAt };
    // After the last run was made, one that is not there has been deleted.
    if (sweep.state === "queued") await deps.catalog.create("model", cancelled);
    await cancelRecord(deps, "model", cancelled).catch((error) => {
      if (!(error instanceof Problem) || !["already_final", "not_found"].includes(error.code)) throw error;
    });
  }
}

/** A sweep's name may be as long as a model's, whose name says more. */
const NAME_KEPT = 100;

function runModel(sweep: Sweep, { cell: at, seed, model }: Sweep["runs"][number]): Model {
  const now = new Date().toISOString();
  const { id, namespace, dataset, classes, from, name = id, cells, recipe } = sweep;
  const cell = cells[at];
  if (!cell) throw new Error(`${id} has no combination ${at}.`);
  return {
    ...{ id: model, namespace, name: `${name.slice(0, NAME_KEPT)}: ${cellTitle(cell)}, seed ${seed}`, sweep: id },
    ...{ state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 },
    ...{ dataset, classes, recipe: recipeOfCell(recipe, cell, seed) },
    ...(from ? { from } : {}),
    ...{ epochs: [], checkpoints: [], stages: [], artifacts: [] },
  };
}
