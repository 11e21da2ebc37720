// Compares two manifests row by row. An item is the same in both when its key and its URL are.
import type { Item } from "@ursa/contracts/dataset";
import { CHANGES, type Change, type ChangedItem, type DatasetDiff } from "@ursa/contracts/diff";
import type { ObjectStore } from "@ursa/store/object-store";
import { readItems } from "./manifest.ts";

type Compared = { /** Keys of the manifests. */ from: string; to: string; cursor?: string | undefined; limit: number };
type Pair = { before?: Item | undefined; after?: Item | undefined };

/** One page of what changed, in the order of the items, and the counts of everything. @throws ObjectNotFound */
export async function diffManifests(
  store: ObjectStore,
  { from, to, cursor, limit }: Compared,
): Promise<Pick<DatasetDiff, "counts" | "items" | "next">> {
  const counts = Object.fromEntries(CHANGES.map((change) => [change, 0])) as Record<Change, number>; // One for each of CHANGES.
  const items: ChangedItem[] = [];
  const start = Number(cursor ?? 0);
  let seen = 0;
  for await (const changed of changes(readItems(store, from), readItems(store, to))) {
    counts[changed.change] += 1;
    seen += 1;
    if (seen > start && items.length < limit) items.push(changed);
  }
  const end = start + items.length;
  return { counts, items, ...(end < seen ? { next: String(end) } : {}) };
}

async function* changes(from: AsyncGenerator<Item>, to: AsyncGenerator<Item>): AsyncGenerator<ChangedItem> {
  for await (const pair of pairs(from, to)) yield* changesOf(pair);
}

/** Both come in the order of their index. */
async function* pairs(from: AsyncGenerator<Item>, to: AsyncGenerator<Item>): AsyncGenerator<Pair> {
  let before = await from.next();
  let after = await to.next();
  while (!before.done || !after.done) {
    const index = Math.min(before.value?.index ?? Infinity, after.value?.index ?? Infinity);
    const pair: Pair = {};
    if (before.value?.index === index) {
      pair.before = before.value;
      before = await from.next();
    }
    if (after.value?.index === index) {
      pair.after = after.value;
      after = await to.next();
    }
    yield pair;
  }
}

/** Two items that only share a key, since the datasets have no common ancestor that has it, are one that went and one that came. */
function changesOf({ before, after }: Pair): ChangedItem[] {
  const parts = before && after && before.url !== after.url ? [{ before }, { after }] : [{ before, after }];
  return parts.flatMap((part) => changeOf(part) ?? []);
}

function changeOf({ before, after }: Pair): ChangedItem | undefined {
  const change = kindOf({ before, after });
  const item = after ?? before;
  if (!change || !item) return undefined;
  const { key, class: name, url } = item;
  const was = before && before.class !== name ? { was: before.class } : {};
  const now = after ? { outcome: after.outcome, ...(after.reason ? { reason: after.reason } : {}) } : {};
  return { key, change, class: name, ...was, url, ...now };
}

function kindOf({ before, after }: Pair): Change | undefined {
  const [wasUsed, isUsed] = [before?.outcome === "ok", after?.outcome === "ok"];
  if (wasUsed && isUsed) return before?.class === after?.class ? undefined : "relabelled";
  if (wasUsed) return "removed";
  if (!isUsed) return undefined;
  return before?.outcome === "removed" || before?.outcome === "label_conflict" ? "restored" : "added";
}
