// Who still needs a dataset or a model, asked before it is deleted. Reads the namespace's records one after another:
// deleting is rare, and the records are the only truth about it.
import { isFinal } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { listAliasFiles } from "./alias-files.ts";
import { listIds, type Owner, type RecordOf, tryReadRecord } from "./record-files.ts";

/** `user` is an id, or the name of an alias. */
type Use = { kind: "dataset" | "model"; used: string; user: string };
type UserKind = "dataset" | "model" | "prediction" | "evaluation" | "inspection" | "sweep";

/** Ids of a dataset's later versions and models, of unfinished models that start from a model, of unfinished predictions, evaluations, inspections and sweeps, and names of aliases. */
export async function findUsers(
  store: ObjectStore,
  kind: "dataset" | "model",
  { namespace, id }: Owner,
): Promise<string[]> {
  const users = new Set<string>();
  for await (const use of usesIn(store, namespace)) if (use.kind === kind && use.used === id) users.add(use.user);
  return [...users];
}

/** Ids of the models that something still needs. */
export async function findUsedModels(store: ObjectStore, namespace: string): Promise<Set<string>> {
  const used = new Set<string>();
  for await (const use of usesIn(store, namespace)) if (use.kind === "model") used.add(use.used);
  return used;
}

async function* usesIn(store: ObjectStore, namespace: string): AsyncGenerator<Use> {
  for (const { name, model } of await listAliasFiles(store, namespace))
    yield { kind: "model", used: model, user: name };
  for await (const dataset of records(store, "dataset", namespace)) yield* usesOfVersion(dataset);
  // Before its models: it is what a person knows.
  for await (const sweep of records(store, "sweep", namespace)) if (!isFinal(sweep.state)) yield* usesOfSweep(sweep);
  for await (const model of records(store, "model", namespace)) yield* usesOfModel(model);
  for await (const { id: user, state, model, dataset } of records(store, "prediction", namespace)) {
    if (isFinal(state)) continue;
    yield { kind: "model", used: model, user };
    if (dataset) yield { kind: "dataset", used: dataset, user };
  }
  for await (const { id: user, state, model, dataset } of records(store, "evaluation", namespace)) {
    if (isFinal(state)) continue;
    yield { kind: "model", used: model, user };
    yield { kind: "dataset", used: dataset.id, user };
  }
  for await (const { id: user, state, dataset } of records(store, "inspection", namespace)) {
    if (!isFinal(state)) yield { kind: "dataset", used: dataset.id, user };
  }
}

/** Its manifest names prepared pictures that lie with the version before, or with one before that. */
function* usesOfVersion({ id: user, state, parent, manifest }: RecordOf<"dataset">): Generator<Use> {
  if (parent && (manifest || !isFinal(state))) yield { kind: "dataset", used: parent.id, user };
}

function* usesOfModel({ id: user, state, dataset, from, imported }: RecordOf<"model">): Generator<Use> {
  // An imported one names the dataset it came from and needs nothing of it.
  if (!imported) yield { kind: "dataset", used: dataset.id, user };
  // A model that has ended has weights of its own.
  if (from && !isFinal(state)) yield { kind: "model", used: from.model, user };
}

/** Its runs too: one that was deleted before the last of them is made would be made again. */
function* usesOfSweep({ id: user, dataset, from, runs }: RecordOf<"sweep">): Generator<Use> {
  yield { kind: "dataset", used: dataset.id, user };
  if (from) yield { kind: "model", used: from.model, user };
  for (const { model } of runs) yield { kind: "model", used: model, user };
}

async function* records<K extends UserKind>(
  store: ObjectStore,
  kind: K,
  namespace: string,
): AsyncGenerator<RecordOf<K>> {
  for (const id of await listIds(store, kind, namespace)) {
    const record = await tryReadRecord(store, kind, { namespace, id });
    if (record) yield record;
  }
}
