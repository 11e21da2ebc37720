// New versions of a dataset. Each is a dataset of its own, made by the usual job from the manifest of the one before it.
import { changeDraft, readDraft } from "@ursa/catalog/drafts";
import type { AddToDataset, Dataset } from "@ursa/contracts/dataset";
import type { DatasetDiff, DiffQuery } from "@ursa/contracts/diff";
import type { CommitDataset } from "@ursa/contracts/edits";
import { Problem } from "@ursa/contracts/problem";
import { readDecisions, readEdits, writeEdits } from "@ursa/dataset/committed-edits";
import { diffManifests } from "@ursa/dataset/diff";
import { withoutCommitted } from "@ursa/dataset/draft";
import { foreseeCommit } from "@ursa/dataset/foresee-commit";
import { planAdditions, planRetry } from "@ursa/dataset/plan-version";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { madeDataset } from "./edits.ts";
import { openSources } from "./open-list.ts";
import type { Admission } from "./quotas.ts";

export function versionHandlers(deps: Dependencies): Handlers {
  return {
    commitDataset: async ({ params, body, request }) =>
      commit(deps, await madeDataset(deps, request.namespace, params.id), { body, caller: request }),
    addToDataset: async ({ params, body, request }) =>
      add(deps, await madeDataset(deps, request.namespace, params.id), { body, caller: request }),
    retryDataset: async ({ params, body, request }) =>
      retry(deps, await madeDataset(deps, request.namespace, params.id), { body, caller: request }),
    diffDataset: async ({ params, query, request }) =>
      diff(deps, await madeDataset(deps, request.namespace, params.id), query),
  };
}

type MadeDataset = Awaited<ReturnType<typeof madeDataset>>;
type Owner = Pick<Dataset, "namespace" | "id">;
/** What a version has of its own, beside what it takes over from its parent. */
type Own = Pick<Dataset, "classes" | "listed" | "shards"> & Partial<Pick<Dataset, "archives" | "edits" | "planned">>;
type Version<B> = {
  parent: MadeDataset;
  caller: RequestInfo;
  body: B;
  /** For the Idempotency-Key: the same body is another request where something else is asked for. */
  asked: string;
  plan(owner: Owner, admission: Admission): Promise<Own>;
};

async function createVersion<B extends { name?: string | undefined }>(
  deps: Dependencies,
  { parent, caller, body, asked, plan }: Version<B>,
): Promise<Dataset> {
  const { id, version, manifest, options, archives } = parent;
  const name = body.name ?? parent.name;
  const author = caller.caller.keyId;
  return createRecord(deps, {
    kind: "dataset",
    caller,
    body: { ...body, asked, parent: id },
    ...(name === undefined ? {} : { name }),
    plan: async (owner, admission) => ({
      ...{ version: version + 1, options, parent: { id, version, manifestSha256: manifest.sha256 } },
      ...(archives ? { archives } : {}),
      ...(author === undefined ? {} : { author }),
      ...(await plan(owner, admission)),
    }),
    enqueue: (record) => deps.producer.enqueueDataset(record),
  });
}

async function commit(
  deps: Dependencies,
  parent: MadeDataset,
  { body, caller }: Asked<CommitDataset>,
): Promise<Dataset> {
  const { store } = deps;
  const made = await createVersion(deps, {
    ...{ parent, caller, body, asked: "commit" },
    async plan(owner) {
      const draft = await readDraft(store, parent);
      if (draft.edits.length === 0)
        throw new Problem("draft_is_empty", `${parent.id} has no edits; POST some to /v1/datasets/${parent.id}/edits.`);
      const classes = await foreseeCommit({ store, parent, draft: draft.edits, signal: caller.signal });
      return { classes, listed: parent.listed, planned: 0, shards: 0, edits: await writeEdits(store, owner, draft) };
    },
  });
  await takeFromDraft(deps, parent, made);
  return made;
}

/** What was edited since stays. Harmless to repeat, as a commit is that was cut short before it came here. */
async function takeFromDraft({ store }: Dependencies, parent: Dataset, made: Dataset): Promise<void> {
  const edits = [...(await readEdits(store, made)).values()];
  const committed = { edits, decisions: await readDecisions(store, made) };
  await changeDraft(store, parent, (draft) => withoutCommitted(draft, committed));
}

type Asked<B> = { body: B; caller: RequestInfo };

async function add(deps: Dependencies, parent: MadeDataset, { body, caller }: Asked<AddToDataset>): Promise<Dataset> {
  const { store } = deps;
  const { namespace, signal } = caller;
  return createVersion(deps, {
    ...{ parent, caller, body, asked: "additions" },
    async plan(owner, { urls: admit }) {
      const { sources, archives } = await openSources(store, { namespace, sources: body.sources, signal });
      const planned = await planAdditions({ store, owner, parent, admit, signal }, sources);
      const all = [...(parent.archives ?? []), ...archives];
      return { ...planned, ...(all.length > 0 ? { archives: all } : {}) };
    },
  });
}

async function retry(
  deps: Dependencies,
  parent: MadeDataset,
  { body, caller }: Asked<CommitDataset>,
): Promise<Dataset> {
  const { store } = deps;
  const { signal } = caller;
  return createVersion(deps, {
    ...{ parent, caller, body, asked: "retry" },
    plan: (owner, { urls: admit }) => planRetry({ store, owner, parent, admit, signal }),
  });
}

async function diff(deps: Dependencies, to: MadeDataset, { from: wanted, ...page }: DiffQuery): Promise<DatasetDiff> {
  const id = wanted ?? to.parent?.id;
  if (id === undefined)
    throw new Problem(
      "invalid_request",
      `${to.id} was not made of another dataset: name one to compare it with, as from.`,
    );
  const from = await madeDataset(deps, to.namespace, id);
  const found = await diffManifests(deps.store, { from: from.manifest.key, to: to.manifest.key, ...page });
  return { from: { id, version: from.version }, to: { id: to.id, version: to.version }, ...found };
}
