// The pixels that training and validation see. Training reads the prepared picture out of its tar shard; validation makes its
// view from the original bytes, exactly as inference does.
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { createByteCache } from "./byte-cache.ts";
import type { TrainingItem } from "./training-set.ts";

export interface ViewSource {
  /** RGB `[size, size, 3]`. */
  trainView(
    item: TrainingItem,
    view: { size: number; augmentation: AugmentationParameters },
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
  /** RGB `[size, size, 3]`: the same for the same picture, always. */
  validView(item: TrainingItem, size: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Some 6,000 prepared pictures. */
const CACHE_BYTES = 256 * 1024 * 1024;

/** @param options.cacheBytes how many bytes of compressed pictures are kept in memory between epochs */
export function createViewSource(options: {
  store: ObjectStore;
  namespace: string;
  decoders: Pick<DecoderPool, "augment" | "view">;
  cacheBytes?: number;
}): ViewSource {
  const { store, namespace, decoders } = options;
  const cache = createByteCache(options.cacheBytes ?? CACHE_BYTES);
  const original = async ({ sha256 }: TrainingItem) => (await store.get(keys.image(namespace, sha256))).body;
  const prepared = async ({ prepared: place }: TrainingItem & { prepared: NonNullable<TrainingItem["prepared"]> }) =>
    (await store.get(place.shard, { start: place.start, end: place.end })).body;
  const forTraining = (item: TrainingItem) =>
    item.prepared ? prepared({ ...item, prepared: item.prepared }) : original(item);
  return {
    async trainView(item, { size, augmentation }, signal) {
      const bytes = await cache.get(`train/${item.sha256}`, () => forTraining(item));
      return decoders.augment(bytes, size, augmentation, signal);
    },
    async validView(item, size, signal) {
      const bytes = await cache.get(`valid/${item.sha256}`, () => original(item));
      return decoders.view(bytes, size, signal);
    },
  };
}
