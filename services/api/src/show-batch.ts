// A batch to look at, made by the code that training makes its own with: the same items, draws and pixels.
import { type PlannedView, planAugmentation } from "@ursa/classifier/augment-plan";
import { planBatch } from "@ursa/classifier/shown-batch";
import { Problem } from "@ursa/contracts/problem";
import type { ShownBatchQuery } from "@ursa/contracts/shown-batch";
import { readTrainingSet, type TrainingItem } from "@ursa/dataset/training-set";
import { createViewSource } from "@ursa/dataset/view-source";
import type { Handlers } from "@ursa/http/server";
import { ObjectNotFound } from "@ursa/store/object-store";
import type { Dependencies } from "./dependencies.ts";
import { madeDataset } from "./edits.ts";

export function shownBatchHandlers(deps: Dependencies): Handlers {
  const { store } = deps;
  return {
    async showBatch({ params, query, request: { namespace, signal } }) {
      const { manifest, classes } = await madeDataset(deps, namespace, params.id);
      const set = await readTrainingSet({ store, manifest: manifest.key, classes, validFraction: query.validFraction });
      const items = set[query.split];
      const { rows, columns, size, views } = query;
      const plan = planBatch(placesOf(items, query), { ...query, pictures: (rows * columns) / views });
      const decoders = deps.decoders();
      const source = createViewSource({ store, namespace, decoders });
      const viewOf = async (item: TrainingItem, planned: PlannedView) => {
        if (query.split === "valid") return [await source.validView(item, size, signal)];
        return source.trainViews(item, { size, augmentations: [planAugmentation(query, planned)] }, signal);
      };
      const shown = plan.flatMap((planned) =>
        items.slice(planned.index, planned.index + 1).map((item) => ({ item, planned })),
      );
      const drawn = await Promise.all(shown.map(({ item, planned }) => viewOf(item, planned).catch(missing(item))));
      const titles = shown.map(({ item, planned }) => titleOf(item, views > 1 ? planned.epoch : undefined));
      const body = await decoders.contactSheet({ views: Buffer.concat(drawn.flat()), titles, size, columns }, signal);
      return { contentType: "image/png", body, headers: { "cache-control": "private, max-age=86400" } };
    },
  };
}

/** Where the items to choose from stand. */
function placesOf(items: readonly TrainingItem[], { class: name, split }: ShownBatchQuery): number[] {
  const places = [...items.keys()].filter((place) => name === undefined || items[place]?.class === name);
  if (places.length > 0) return places;
  throw new Problem("not_found", `There is no usable ${split} picture${name === undefined ? "" : ` of ${name}`}.`);
}

const titleOf = ({ class: name, key }: TrainingItem, epoch: number | undefined): string =>
  `${name} #${key}${epoch === undefined ? "" : `, epoch ${epoch}`}`;

const missing =
  ({ key }: TrainingItem) =>
  (error: unknown): never => {
    throw error instanceof ObjectNotFound ? new Problem("not_found", `Item ${key} has no stored picture.`) : error;
  };
