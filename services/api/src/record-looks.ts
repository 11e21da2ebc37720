// Looking at a record for many followers at once: all hear of its end in the same moment, and all look after it when nothing was heard.
import type { Catalog, RecordOf } from "@ursa/catalog/catalog";
import type { JobKind } from "@ursa/contracts/ids";

type Owner = { namespace: string; id: string };

export type RecordLooks = {
  /**
   * The record as it was a second ago or later, and in any case after what `heard` names, such as an event's id.
   * @throws Problem not_found
   */
  look<K extends JobKind>(kind: K, owner: Owner, heard?: string): Promise<RecordOf<K>>;
};

const SHARED_MS = 1000;

export function createRecordLooks(catalog: Pick<Catalog, "get">): RecordLooks {
  const looks = new Map<string, Promise<RecordOf<JobKind>>>();
  return {
    look<K extends JobKind>(kind: K, { namespace, id }: Owner, heard = "") {
      const key = `${namespace}/${id} ${heard}`;
      // An id is of one kind.
      const known = looks.get(key) as Promise<RecordOf<K>> | undefined;
      if (known) return known;
      const look = catalog.get(kind, namespace, id);
      looks.set(key, look);
      const forget = () => void looks.delete(key);
      setTimeout(forget, SHARED_MS).unref();
      look.catch(forget);
      return look;
    },
  };
}
