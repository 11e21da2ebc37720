// The heat map of one stored picture of a model's own dataset: an inferer makes it when it is asked for, and nothing is kept.
import { Problem } from "@ursa/contracts/problem";
import type { Handlers } from "@ursa/http/server";
import { askInferer } from "./classify.ts";
import type { Dependencies } from "./dependencies.ts";
import { storedPicture } from "./items.ts";

export function heatMapHandlers(deps: Dependencies): Handlers {
  return {
    async getHeatMap({ params: { id, key }, query, request }) {
      const { namespace } = request;
      const { dataset } = await deps.catalog.get("model", namespace, id);
      const picture = await storedPicture(deps, { namespace, dataset: dataset.id, key });
      // A copy of its own: fetch takes no memory that might be shared.
      const asked = { model: id, heatMap: true, class: query.class, bytes: Uint8Array.from(picture) };
      const { heatMap } = await askInferer(deps, asked, request);
      if (!heatMap) throw new Problem("inferer_unavailable", "The inferer is of a version that makes no heat maps.");
      return heatMap;
    },
  };
}
