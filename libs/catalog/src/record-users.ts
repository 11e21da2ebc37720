// Who still needs a dataset or a model, asked before it is deleted. Reads the namespace's records one after another:
// deleting is rare, and the records are the only truth about it.
import { isFinal } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { listAliasFiles } from "./alias-files.ts";
import { listIds, type Owner, type RecordOf, tryReadRecord } from "./record-files.ts";

/** Ids of a dataset's models, of unfinished models that start from a model, of unfinished predictions and evaluations, and names of aliases. */
export async function findUsers(
  store: ObjectStore,
  kind: "dataset" | "model",
  { namespace, id }: Owner,
): Promise<string[]> {
  const users = kind === "dataset" ? [] : await aliasesOf(store, namespace, id);
  for await (const model of records(store, "model", namespace)) {
    // A model that has ended has weights of its own; an imported one names the dataset it came from and needs nothing of it.
    const isStartedFrom = model.from?.model === id && !isFinal(model.state);
    const isTrainedOn = model.dataset.id === id && !model.imported;
    if (isTrainedOn || isStartedFrom) users.push(model.id);
  }
  for await (const prediction of records(store, "prediction", namespace)) {
    if (prediction[kind] === id && !isFinal(prediction.state)) users.push(prediction.id);
  }
  for await (const { id: user, state, model, dataset } of records(store, "evaluation", namespace)) {
    const used = kind === "dataset" ? dataset.id : model;
    if (used === id && !isFinal(state)) users.push(user);
  }
  return users;
}

async function aliasesOf(store: ObjectStore, namespace: string, id: string): Promise<string[]> {
  const aliases = await listAliasFiles(store, namespace);
  return aliases.filter(({ model }) => model === id).map(({ name }) => name);
}

async function* records<K extends "model" | "prediction" | "evaluation">(
  store: ObjectStore,
  kind: K,
  namespace: string,
): AsyncGenerator<RecordOf<K>> {
  for (const id of await listIds(store, kind, namespace)) {
    const record = await tryReadRecord(store, kind, { namespace, id });
    if (record) yield record;
  }
}
