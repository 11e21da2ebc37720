// Versions of a dataset without any service: made of the one before as the API and the downloader make them.
import type { Dataset, Item, Split } from "@ursa/contracts/dataset";
import type { DraftLog, Edit } from "@ursa/contracts/edits";
import type { ObjectStore } from "@ursa/store/object-store";
import { assembleDataset } from "./assemble.ts";
import { readEdits, writeEdits } from "./committed-edits.ts";
import { makeDataset, NEVER, planLists, recordOf, TOLD, toArray } from "./dataset.fixture.ts";
import { addToDraft, refusedEdits } from "./draft.ts";
import { fetchShard } from "./fetch-shard.ts";
import { foreseeCommit } from "./foresee-commit.ts";
import { findItems, readItems } from "./manifest.ts";
import type { Owner } from "./owner.ts";
import { planAdditions, type VersionPlan } from "./plan-version.ts";
import type { PictureTools } from "./try-row.ts";
import { parseUrlList } from "./url-list.ts";
import { baseOf } from "./version-rows.ts";

export type Version = Dataset & { manifest: NonNullable<Dataset["manifest"]> };

export const AT = "2026-01-01T00:00:00.000Z";

export async function firstVersion(store: ObjectStore, lists: Record<string, string[]>): Promise<Version> {
  const plan = await planLists(store, lists);
  const { error, ...made } = await makeDataset(store, plan);
  return { ...recordOf(plan), ...made, state: error ? "failed" : "ready" };
}

let made = 0;

export function nextId(): string {
  made += 1;
  return `ds_01K${String(made).padStart(23, "0")}`;
}

export async function draftOf(store: ObjectStore, { manifest }: Version, edits: readonly Edit[]): Promise<DraftLog> {
  const named = edits.flatMap((edit) => (edit.action === "same" ? [edit.key, edit.of] : [edit.key]));
  const items = await findItems(store, manifest.key, new Set(named));
  const refused = refusedEdits(edits, items);
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  return addToDraft({ edits: [], decisions: [] }, edits, { items, stamp: { at: AT } });
}

/** As the API does. */
export async function planCommit(store: ObjectStore, parent: Version, edits: readonly Edit[]): Promise<Dataset> {
  const draft = await draftOf(store, parent, edits);
  const classes = await foreseeCommit({ store, parent, draft: draft.edits, signal: NEVER });
  const { manifest, counts: _, ...record } = parent;
  const owner = { namespace: parent.namespace, id: nextId() };
  return {
    ...record,
    ...owner,
    ...{ version: parent.version + 1, classes, shards: 0, planned: 0, fence: 0, state: "queued" },
    parent: { id: parent.id, version: parent.version, manifestSha256: manifest.sha256 },
    edits: await writeEdits(store, owner, draft),
  };
}

/** As the downloader does, which takes the record first. */
export async function runAssemble(store: ObjectStore, parent: Version, record: Dataset, fence = 1): Promise<Version> {
  const base = baseOf(parent, await readEdits(store, record));
  const taken = { ...record, fence };
  const { error, ...made } = await assembleDataset({ store, record: taken, base, signal: NEVER });
  return { ...taken, ...made, ...(error ? { error } : {}), state: error ? "failed" : "ready" };
}

type Plan = (input: { store: ObjectStore; owner: Owner; parent: Version; signal: AbortSignal }) => Promise<VersionPlan>;

/** A version that fetches, with its shards fetched in the world of `tools`. */
export async function fetchVersion(
  store: ObjectStore,
  parent: Version,
  { plan, tools = TOLD }: { plan: Plan; tools?: PictureTools },
): Promise<{ record: Dataset; made: Version }> {
  const owner = { namespace: parent.namespace, id: nextId() };
  const { manifest, counts: _, edits: __, error: ___, ...rest } = parent;
  const own = await plan({ store, owner, parent, signal: NEVER });
  const lineage = { id: parent.id, version: parent.version, manifestSha256: manifest.sha256 };
  const record: Dataset = { ...rest, ...owner, ...own, version: parent.version + 1, parent: lineage, state: "queued" };
  for (let shard = 0; shard < record.shards; shard++)
    await fetchShard({ ...tools, store, target: "dataset", owner, shard, signal: NEVER });
  return { record, made: await runAssemble(store, parent, record) };
}

export const addLists =
  (lists: Record<string, string[]>, split?: Split): Plan =>
  (input) =>
    planAdditions(
      input,
      Object.entries(lists).map(([name, urls]) => ({
        ...{ name, rows: parseUrlList(urls.join("\n"), { name, class: name }) },
        ...(split ? { split } : {}),
      })),
    );

export const commit = async (store: ObjectStore, parent: Version, edits: readonly Edit[]): Promise<Version> =>
  runAssemble(store, parent, await planCommit(store, parent, edits));

export const itemsOf = (store: ObjectStore, { manifest }: Version): Promise<Item[]> =>
  toArray(readItems(store, manifest.key));
