// Names and notes: the one thing of a dataset or model that changes after it has ended.
import type { RecordOf } from "@ursa/catalog/catalog";
import type { Describe } from "@ursa/contracts/describe";
import type { Dependencies } from "./dependencies.ts";

type Owner = { namespace: string; id: string };

export async function describeRecord<K extends "dataset" | "model">(
  { catalog }: Dependencies,
  kind: K,
  { owner, body }: { owner: Owner; body: Describe },
): Promise<RecordOf<K>> {
  return catalog.update(kind, owner, (record) => {
    const { name = record.name, note = record.note } = body;
    const { name: _name, note: _note, ...rest } = record;
    // The same kind of record, with two fields of it set or left out.
    return { ...rest, ...(name ? { name } : {}), ...(note ? { note } : {}) } as RecordOf<K>;
  });
}
