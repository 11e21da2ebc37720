// The namespaces that have anything in the store, found by one short listing each.
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";

export async function* listNamespaces(store: ObjectStore): AsyncGenerator<string> {
  let after: string | undefined;
  for (;;) {
    const namespace = await firstNamespace(store, after);
    if (namespace === undefined) return;
    yield namespace;
    // "~" sorts after every character a key may have, so the listing goes on behind this namespace's last object.
    after = `${keys.namespaces}${namespace}/~`;
  }
}

async function firstNamespace(store: ObjectStore, after: string | undefined): Promise<string | undefined> {
  for await (const { key } of store.list(keys.namespaces, after === undefined ? {} : { after })) {
    return key.slice(keys.namespaces.length).split("/")[0];
  }
  return undefined;
}
