// The items of a dataset: pages, the CSV report, and the picture of one item, re-encoded so that no foreign byte is served.
import type { Dataset } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { findItemNeighbours } from "@ursa/dataset/item-neighbours";
import { findItem, pageOfItems } from "@ursa/dataset/manifest";
import { reportCsv } from "@ursa/dataset/report";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound } from "@ursa/store/object-store";
import type { Dependencies } from "./dependencies.ts";
import { findAlike } from "./find-alike.ts";

export function itemHandlers(deps: Dependencies): Handlers {
  const { catalog, store } = deps;
  const alikeOf = findAlike(deps);
  const manifestOf = async (namespace: string, id: string) => manifestKey(await catalog.get("dataset", namespace, id));
  return {
    async listItems({ params, query, request }) {
      return pageOfItems(store, await manifestOf(request.namespace, params.id), query);
    },
    async getReport({ params, request }) {
      const body = await reportCsv(store, await manifestOf(request.namespace, params.id));
      const headers = { "content-disposition": `attachment; filename="${params.id}.csv"` };
      return { contentType: "text/csv; charset=utf-8", body, headers };
    },
    async listItemNeighbours({ params: { id, key: item }, query, request }) {
      const dataset = await catalog.get("dataset", request.namespace, id);
      const alike = await alikeOf(dataset, item);
      const items = await findItemNeighbours(store, manifestKey(dataset), { item, alike, ...query });
      if (!items) throw new Problem("not_found", `${id} has no item ${item}.`);
      return { items };
    },
    async getItemImage({ params, query, request }) {
      const body = await storedPicture(deps, { namespace: request.namespace, dataset: params.id, key: params.key });
      const picture = await deps.decoders().thumbnail(body, query.size, request.signal);
      return { contentType: "image/jpeg", body: picture, headers: { "cache-control": "private, max-age=86400" } };
    },
  };
}

type ItemName = { namespace: string; dataset: string; key: string };

/** The bytes of an item's picture, as they were fetched. @throws Problem not_found, dataset_not_ready */
export async function storedPicture({ catalog, store }: Dependencies, { namespace, dataset, key }: ItemName) {
  const item = await findItem(store, manifestKey(await catalog.get("dataset", namespace, dataset)), key);
  if (!item?.sha256) throw noPicture(key);
  const { body } = await store.get(keys.image(namespace, item.sha256)).catch((error) => {
    throw error instanceof ObjectNotFound ? noPicture(key) : error;
  });
  return body;
}

const noPicture = (key: string) => new Problem("not_found", `Item ${key} has no stored picture.`);

function manifestKey(record: Dataset): string {
  if (!record.manifest) throw new Problem("dataset_not_ready", `${record.id} is ${record.state} and has no items.`);
  return record.manifest.key;
}
