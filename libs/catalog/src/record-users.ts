// Who still needs a dataset or a model, asked before it is deleted. Reads the namespace's records one after another:
// deleting is rare, and the records are the only truth about it.
import { isFinal } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { listAliasFiles } from "./alias-files.ts";
import { idOf, type Owner, prefixOf, type RecordOf, tryReadRecord } from "./record-files.ts";

/** Ids of models and of unfinished predictions, and names of aliases. */
export async function findUsers(
  store: ObjectStore,
  kind: "dataset" | "model",
  { namespace, id }: Owner,
): Promise<string[]> {
  const users: string[] = [];
  if (kind === "dataset") {
    for await (const model of records(store, "model", namespace)) if (model.dataset.id === id) users.push(model.id);
  } else {
    const aliases = await listAliasFiles(store, namespace);
    users.push(...aliases.filter(({ model }) => model === id).map(({ name }) => name));
  }
  for await (const prediction of records(store, "prediction", namespace)) {
    if (prediction[kind] === id && !isFinal(prediction.state)) users.push(prediction.id);
  }
  return users;
}

async function* records<K extends "model" | "prediction">(
  store: ObjectStore,
  kind: K,
  namespace: string,
): AsyncGenerator<RecordOf<K>> {
  for await (const { key } of store.list(prefixOf(kind, namespace))) {
    const record = await tryReadRecord(store, kind, { namespace, id: idOf(key) });
    if (record) yield record;
  }
}
