// The plan of a version that fetches: the URLs that its parent does not have, or those of its own that failed.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES } from "@ursa/contracts/outcomes";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { judgeUrl } from "./judge-url.ts";
import { readItems } from "./manifest.ts";
import type { Owner } from "./owner.ts";
import { refuseHopeless } from "./plan-dataset.ts";
import type { PlanRow } from "./plan-row.ts";
import { type KnownItems, type PlanSource, readRows } from "./plan-rows.ts";
import { type Admit, createPlanWriter, isToFetch } from "./plan-writer.ts";

type Parent = Pick<Dataset, "id" | "classes" | "listed"> & { manifest: { key: string } };
type PlanInput = { store: ObjectStore; owner: Owner; parent: Parent; admit?: Admit; signal: AbortSignal };
/** `planned` are the rows in its shards. */
export type VersionPlan = Required<Pick<Dataset, "classes" | "listed" | "planned" | "shards">>;

/**
 * Rows behind those of the parent, in the order listed. A URL that is there already, usable or not, is a `duplicate`, or a
 * `label_conflict` under another class. @throws Problem nothing_to_fetch, too_few_pictures for a new class, and what planDataset throws
 */
export async function planAdditions(input: PlanInput, sources: readonly PlanSource[]): Promise<VersionPlan> {
  const { parent } = input;
  const known = await readKnown(input);
  // The limit of the first lists was for them.
  const rows = await readRows({ ...input, sources, options: {} }, { known, cutsTrain: false });
  const counts = [...rows.sides.values()].flatMap((sides) => Object.values(sides));
  if (counts.every((count) => count === 0))
    throw new Problem("nothing_to_fetch", `Every URL of these lists is in ${parent.id} already, or is none to fetch.`);
  const named = [...rows.sides.keys()];
  refuseHopeless(
    named.filter((name) => !parent.classes.includes(name)),
    rows,
  );
  const classes = [...new Set([...parent.classes, ...named])].sort();
  return { classes, listed: parent.listed + rows.listed, planned: rows.listed, shards: await rows.write() };
}

/** Rows that take the place of those that failed. @throws Problem nothing_to_fetch */
export async function planRetry(input: PlanInput): Promise<VersionPlan> {
  const { store, owner, signal, parent } = input;
  const { classes, listed, id, manifest } = parent;
  const isStored = storedArchives(input);
  const writer = createPlanWriter({ store, keyOf: (shard) => keys.dataset.plan(owner, shard), signal });
  let [planned, urls] = [0, 0];
  for await (const item of readItems(store, manifest.key)) {
    signal.throwIfAborted();
    if (!mayComeNow(item) || !classes.includes(item.class)) continue;
    if (item.entry && !(await isStored(item.entry.archive))) continue;
    const row = asListed(item);
    await writer.add(row);
    planned += 1;
    if (isToFetch(row)) urls += 1;
  }
  if (planned === 0)
    throw new Problem(
      "nothing_to_fetch",
      `No URL of ${id} has failed that could be fetched, and no picture of an archive that is still stored.`,
    );
  await input.admit?.(urls);
  return { classes, listed, planned, shards: await writer.end() };
}

/** Archives are uploads, which are deleted when they are old. */
function storedArchives({ store, owner }: PlanInput): (archive: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (archive) => {
    const is = known.get(archive) ?? (await store.head(keys.archive(owner.namespace, archive))) !== undefined;
    known.set(archive, is);
    return is;
  };
}

async function readKnown({ store, parent, signal }: PlanInput): Promise<KnownItems> {
  const urls = new Map<string, { index: number; class: string }>();
  for await (const { index, class: name, ...item } of readItems(store, parent.manifest.key)) {
    signal.throwIfAborted();
    const verdict = judgeUrl(item);
    if ("sameness" in verdict && !urls.has(verdict.sameness)) urls.set(verdict.sameness, { index, class: name });
  }
  return { listed: parent.listed, urls };
}

/** What is no URL to fetch stays none. */
const mayComeNow = ({ outcome }: Item): boolean => FAILED_OUTCOMES.has(outcome) && outcome !== "bad_scheme";

function asListed({ index, key, class: name, url, entry, source, line, reserved }: Item): PlanRow {
  const place = entry ? { entry } : {};
  return { index, key, class: name, url, ...place, source, line, ...(reserved ? { split: reserved.split } : {}) };
}
