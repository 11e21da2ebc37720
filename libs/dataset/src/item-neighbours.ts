// The pictures of a dataset that look most like one of them: those that somebody found alike, and by the perceptual hashes that its
// items carry.
import type { Item, ItemNeighbour } from "@ursa/contracts/dataset";
import { hashDistance, readHash } from "@ursa/imaging/hash-distance";
import type { ObjectStore } from "@ursa/store/object-store";
import { findItem, readItems } from "./manifest.ts";

type Asked = {
  item: string;
  limit: number;
  within: number;
  /** Cosines, by key, of those that an inspection found most like the item. */
  alike?: ReadonlyMap<string, number> | undefined;
};

/**
 * Those found alike, the highest cosine first; then those that differ from the item in at most `within` of 64 bits, the nearest first
 * and as listed where they are equally near; duplicates and conflicts too. The manifest is read once. @returns undefined when there is no such item
 */
export async function findItemNeighbours(
  store: ObjectStore,
  key: string,
  { item: itemKey, limit, within, alike }: Asked,
): Promise<ItemNeighbour[] | undefined> {
  const item = await findItem(store, key, itemKey);
  if (!item?.perceptualHash) return item && [];
  const own = readHash(item.perceptualHash);
  const near: ItemNeighbour[] = [];
  for await (const other of readItems(store, key)) {
    const distance = distanceTo(own, other);
    if (other.index === item.index || distance === undefined) continue;
    const cosine = alike?.get(other.key);
    if (cosine !== undefined) near.push({ item: other, distance, cosine });
    else if (distance <= within) near.push({ item: other, distance });
  }
  return near.sort(byLikeness).slice(0, limit);
}

const byLikeness = (a: ItemNeighbour, b: ItemNeighbour): number =>
  (b.cosine ?? -1) - (a.cosine ?? -1) || a.distance - b.distance;

const distanceTo = (own: ReturnType<typeof readHash>, { perceptualHash }: Item): number | undefined =>
  perceptualHash ? hashDistance(own, readHash(perceptualHash)) : undefined;
