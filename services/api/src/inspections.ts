// Inspections: of a version of a dataset, which never changes. A trainer does the work.
import {
  type CreateInspection,
  type Inspection,
  type InspectionResult,
  inspectionResultSchema,
} from "@ursa/contracts/inspection";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { Suspect } from "@ursa/contracts/suspect";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { followRecord } from "./record-events.ts";
import { cancelRecord, deleteRecord, withProgress } from "./record-routes.ts";

export function inspectionHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  const suspectsOf = keepOfResults(deps, ({ worthALook }) => worthALook);
  return {
    createInspection: async ({ body, request }) => createInspection(deps, body, request),
    listInspections: async ({ query, request }) => catalog.list("inspection", request.namespace, query),
    getInspection: async ({ params, request }) =>
      withProgress(deps, await catalog.get("inspection", request.namespace, params.id)),
    cancelInspection: async ({ params, request }) =>
      cancelRecord(deps, "inspection", { namespace: request.namespace, id: params.id }),
    deleteInspection: async ({ params, request }) =>
      deleteRecord(deps, "inspection", { namespace: request.namespace, id: params.id }),
    async getInspectionResult({ params, request }) {
      return resultOf(deps, await catalog.get("inspection", request.namespace, params.id));
    },
    async listSuspects({ params, query, request }) {
      const inspection = await catalog.get("inspection", request.namespace, params.id);
      return pageOfSuspects(await suspectsOf(inspection), query);
    },
    inspectionEvents: async ({ params, request }) => followRecord(deps, "inspection", { request, id: params.id }),
  };
}

async function createInspection(deps: Dependencies, body: CreateInspection, caller: RequestInfo): Promise<Inspection> {
  const { catalog, producer } = deps;
  return createRecord(deps, {
    kind: "inspection",
    caller,
    body,
    async plan({ namespace }) {
      const { id, version, state, manifest, classes } = await catalog.get("dataset", namespace, body.dataset);
      if (state !== "ready" || !manifest)
        throw new Problem("dataset_not_ready", `${id} is ${state}; an inspection needs a dataset that is ready.`);
      return { dataset: { id, version, manifestSha256: manifest.sha256 }, classes };
    },
    enqueue: (record) => producer.enqueueInspection(record),
  });
}

/** @throws Problem not_found, still_running */
export async function resultOf(
  { store }: Pick<Dependencies, "store">,
  { id, state, result }: Inspection,
): Promise<InspectionResult> {
  if (!result && isFinal(state)) throw new Problem("not_found", `${id} is ${state} and has no result.`);
  if (!result) throw new Problem("still_running", `${id} is ${state} and has no result yet.`);
  const { body } = await store.get(result.key);
  return inspectionResultSchema.parse(JSON.parse(body.toString()));
}

/** Results that are being read of. Of 10,000 suspects one is some 6 MB. */
const MAX_KEPT = 4;

/** What is picked of an inspection's result, read once for all who ask for it one after the other: a result never changes. */
export function keepOfResults<Part>(
  deps: Pick<Dependencies, "store">,
  pick: (result: InspectionResult) => Part,
): (inspection: Inspection) => Promise<Part> {
  const kept = new Map<string, { part: Part }>();
  return async (inspection) => {
    const key = inspection.result?.key ?? "";
    const known = kept.get(key) ?? { part: pick(await resultOf(deps, inspection)) };
    // Taken out first, so that what was asked for last is last.
    kept.delete(key);
    kept.set(key, known);
    for (const oldest of kept.keys()) if (kept.size > MAX_KEPT) kept.delete(oldest);
    return known.part;
  };
}

type SuspectQuery = {
  cursor?: string | undefined;
  limit: number;
  suspicion?: Suspect["reasons"][number]["suspicion"] | undefined;
  class?: string | undefined;
  split?: Suspect["split"];
};

/** The cursor is how many of those that pass were given; the list never changes. @throws Problem invalid_request */
function pageOfSuspects(all: readonly Suspect[], query: SuspectQuery): { items: Suspect[]; next?: string } {
  const { cursor = "0", limit, suspicion, split } = query;
  const passing = all.filter(
    (suspect) =>
      (suspicion === undefined || suspect.reasons.some((reason) => reason.suspicion === suspicion)) &&
      (query.class === undefined || suspect.class === query.class) &&
      (split === undefined || suspect.split === split),
  );
  if (!/^\d{1,9}$/.test(cursor) || Number(cursor) > passing.length)
    throw new Problem("invalid_request", `cursor: expected the next of an earlier page, got ${cursor}`);
  const end = Number(cursor) + limit;
  return { items: passing.slice(Number(cursor), end), ...(end < passing.length ? { next: String(end) } : {}) };
}
