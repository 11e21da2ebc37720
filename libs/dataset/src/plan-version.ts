// The plan of a version that fetches: the URLs that its parent does not have, or those of its own that failed.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES } from "@ursa/contracts/outcomes";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { judgeUrl } from "./judge-url.ts";
import { readItems } from "./manifest.ts";
import type { Owner } from "./owner.ts";
import { type Admit, type KnownItems, type PlanSource, readRows, refuseHopeless, writePlan } from "./plan-dataset.ts";
import type { PlanRow } from "./plan-row.ts";

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
  const rows = await readRows({ sources, options: {}, signal: input.signal }, known);
  if (rows.every(({ outcome }) => outcome !== undefined))
    throw new Problem("nothing_to_fetch", `Every URL of these lists is in ${parent.id} already, or is none to fetch.`);
  const named = new Set(rows.map((row) => row.class));
  refuseHopeless(
    [...named].filter((name) => !parent.classes.includes(name)),
    rows,
  );
  const classes = [...new Set([...parent.classes, ...named])].sort();
  const counts = { listed: parent.listed + rows.length, planned: rows.length };
  return { classes, ...counts, shards: await writePlan(input, rows) };
}

/** Rows that take the place of those that failed. @throws Problem nothing_to_fetch */
export async function planRetry(input: PlanInput): Promise<VersionPlan> {
  const { classes, listed, id, manifest } = input.parent;
  const isStored = storedArchives(input);
  const rows: PlanRow[] = [];
  for await (const item of readItems(input.store, manifest.key)) {
    input.signal.throwIfAborted();
    if (!mayComeNow(item) || !classes.includes(item.class)) continue;
    if (item.entry && !(await isStored(item.entry.archive))) continue;
    rows.push(asListed(item));
  }
  if (rows.length === 0)
    throw new Problem(
      "nothing_to_fetch",
      `No URL of ${id} has failed that could be fetched, and no picture of an archive that is still stored.`,
    );
  return { classes, listed, planned: rows.length, shards: await writePlan(input, rows) };
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
