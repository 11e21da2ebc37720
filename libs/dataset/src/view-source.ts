// The pixels that training and validation see. Training reads the prepared picture out of its tar shard, or the original where that
// is too small for its views; validation makes its view from the original bytes, exactly as inference does.
import { createTurns } from "@ursa/fetch/turns";
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { createByteCache } from "./byte-cache.ts";
import type { TrainingItem } from "./training-set.ts";

export interface ViewSource {
  /** RGB `[size, size, 3]`, one for each of `augmentations`: decoded once, as far as that can be. */
  trainViews(
    item: TrainingItem,
    views: { size: number; augmentations: readonly AugmentationParameters[] },
    signal?: AbortSignal,
  ): Promise<Uint8Array[]>;
  /** RGB `[size, size, 3]`: the same for the same picture, always. Callers share it, and the signal of the first who asked. */
  validView(item: TrainingItem, size: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Some 6,000 prepared pictures. */
const CACHE_BYTES = 256 * 1024 * 1024;
/** Validation views, which every epoch asks for again and which take longer to make than any other: some 440 of 224 pixels. */
const VIEW_BYTES = 64 * 1024 * 1024;
/** Pixels. A larger view, zoomed a tenth, needs more than a prepared picture's short side of 288. */
const MAX_PREPARED_VIEW = 256;
/** Enough for every decoder to have its next one; an original may have 20 MB, and a batch asks for all of its own at once. */
const ORIGINALS_AT_ONCE = 8;

/** @param options.cacheBytes how many bytes of compressed pictures are kept in memory between epochs */
export function createViewSource(options: {
  store: ObjectStore;
  namespace: string;
  decoders: Pick<DecoderPool, "augment" | "view">;
  cacheBytes?: number;
}): ViewSource {
  const { store, namespace, decoders } = options;
  const cache = createByteCache(options.cacheBytes ?? CACHE_BYTES);
  const takeTurn = createTurns(ORIGINALS_AT_ONCE);
  const prepared = ({ sha256 }: TrainingItem, { shard, start, end }: Prepared) =>
    cache.get(`prepared/${sha256}`, async () => (await store.get(shard, { start, end })).body);
  const views = createByteCache(VIEW_BYTES);
  const original = async <Views>({ sha256 }: TrainingItem, decode: (bytes: Uint8Array) => Promise<Views>) => {
    using _turn = await takeTurn();
    return await decode(await cache.get(sha256, async () => (await store.get(keys.image(namespace, sha256))).body));
  };
  return {
    async trainViews(item, { size, augmentations }, signal) {
      const decode = (bytes: Uint8Array) => decoders.augment(bytes, size, augmentations, signal);
      if (item.prepared && size <= MAX_PREPARED_VIEW) return decode(await prepared(item, item.prepared));
      return original(item, decode);
    },
    validView: (item, size, signal) =>
      views.get(`${size}/${item.sha256}`, () => original(item, (bytes) => decoders.view(bytes, size, signal))),
  };
}

type Prepared = NonNullable<TrainingItem["prepared"]>;
