// How sharp and bright the picture of an item is: of the prepared picture where there is one, which is small and ours.
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import type { PictureStatistics } from "@ursa/imaging/measure-picture";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import type { TrainingItem } from "./training-set.ts";

export type StatisticsTools = { store: ObjectStore; namespace: string; decoders: Pick<DecoderPool, "measure"> };

/** @throws ImageRefused, ObjectNotFound, and the signal's reason */
export async function measureItem(
  { store, namespace, decoders }: StatisticsTools,
  { prepared, sha256 }: Pick<TrainingItem, "prepared" | "sha256">,
  signal: AbortSignal,
): Promise<PictureStatistics> {
  const { body } = prepared
    ? await store.get(prepared.shard, { start: prepared.start, end: prepared.end })
    : await store.get(keys.image(namespace, sha256));
  return decoders.measure(body, signal);
}
