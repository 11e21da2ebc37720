// Who still needs a dataset or a model, asked before it is deleted. Reads the namespace's records one after another:
// deleting is rare, and the records are the only truth about it.
import { isFinal } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { listAliasFiles } from "./alias-files.ts";
import { listIds, type Owner, type RecordOf, tryReadRecord } from "./record-files.ts";

/** Ids of models and of unfinished predictions and evaluations, and names of aliases. */
export async function findUsers(
  store: ObjectStore,
  kind: "dataset" | "model",
  { namespace, id }: Owner,
): Promise<string[]> {
  const users = kind === "dataset" ? await modelsOf(store, namespace, id) : await aliasesOf(store, namespace, id);
  for await (const prediction of records(store, "prediction", namespace)) {
    if (prediction[kind] === id && !isFinal(prediction.state)) users.push(prediction.id);
  }
  for await (const { id: user, state, model, dataset } of records(store, "evaluation", namespace)) {
    const used = kind === "dataset" ? dataset.id : model;
    if (used === id && !isFinal(state)) users.push(user);
  }
  return users;
}

async function modelsOf(store: ObjectStore, namespace: string, dataset: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const model of records(store, "model", namespace)) {
    // An imported model names the dataset it came from and needs nothing of it.
    if (model.dataset.id === dataset && !model.imported) ids.push(model.id);
  }
  return ids;
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
