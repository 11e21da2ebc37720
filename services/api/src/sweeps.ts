// Sweeps: the grid is settled when one is created; its runs are models, made after the record, and all else is read off them.
import { advanceSweep, cancelSweep, readRuns } from "@ursa/catalog/advance-sweep";
import type { RecordQuery } from "@ursa/catalog/record-list";
import { isFinal } from "@ursa/contracts/record";
import type { CreateSweep, Sweep } from "@ursa/contracts/sweep";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { planSweep } from "./plan-sweep.ts";
import { assertEnded, deleteOwn } from "./record-routes.ts";
import { followSweep } from "./sweep-events.ts";
import { settled, viewSweep } from "./view-sweep.ts";

type Owner = { namespace: string; id: string };

export function sweepHandlers(deps: Dependencies): Handlers {
  const ownerOf = (params: { id: string }, { namespace }: RequestInfo): Owner => ({ namespace, id: params.id });
  return {
    createSweep: async ({ body, request }) => createSweep(deps, body, request),
    listSweeps: async ({ query, request }) => listSweeps(deps, request.namespace, query),
    getSweep: async ({ params, request }) => viewSweep(deps, ownerOf(params, request)),
    async cancelSweep({ params, request }) {
      const owner = ownerOf(params, request);
      const sweep = await cancelSweep(deps, owner);
      await deps.events.publish(owner, { type: "state", state: sweep.state });
      return sweep;
    },
    deleteSweep: async ({ params, request }) => deleteSweep(deps, ownerOf(params, request)),
    sweepEvents: async ({ params, request }) => followSweep(deps, ownerOf(params, request), request.signal),
  };
}

async function createSweep(deps: Dependencies, body: CreateSweep, caller: RequestInfo): Promise<Sweep> {
  return createRecord(deps, {
    kind: "sweep",
    caller,
    body,
    async plan({ namespace }, { jobs: admit }) {
      const planned = await planSweep(deps.catalog, { ...body, namespace });
      await admit(planned.runs.map(({ model }) => model));
      return planned;
    },
    enqueue: async (sweep) => void (await advanceSweep(deps, sweep)),
  });
}

/** Newest first. */
export async function listSweeps(deps: Dependencies, namespace: string, query: RecordQuery) {
  const page = await deps.catalog.list("sweep", namespace, query);
  return { ...page, items: await Promise.all(page.items.map((sweep) => settled(deps, sweep))) };
}

/** The record goes last, so that a delete that was cut short can be asked for again. */
async function deleteSweep(deps: Dependencies, owner: Owner): Promise<undefined> {
  const sweep = await settled(deps, await deps.catalog.get("sweep", owner.namespace, owner.id));
  assertEnded(sweep);
  const used = await deps.catalog.usedModels(owner.namespace);
  const models = [...(await readRuns(deps.catalog, sweep)).values()];
  for (const model of models) if (isFinal(model.state) && !used.has(model.id)) await deleteOwn(deps, "model", model);
  return deleteOwn(deps, "sweep", owner);
}
