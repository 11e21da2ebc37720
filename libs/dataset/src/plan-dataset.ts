// Turns lists into the plan of a dataset: rows in the order listed, judged as far as the lists alone allow, cut into shards.
import type { DatasetOptions, Split } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { cutShards } from "./cut-shards.ts";
import { toJsonLines } from "./json-lines.ts";
import { judgeUrl, shownUrl } from "./judge-url.ts";
import type { Owner } from "./owner.ts";
import type { PlanRow } from "./plan-row.ts";
import { type Repeat, resolveRepeats } from "./repeats.ts";
import { hasBothSides, type SideCounts } from "./split.ts";
import type { ListedUrl } from "./url-list.ts";

/** `split` here wins over the rows' own. */
export type PlanSource = { name: string; split?: Split; rows: AsyncIterable<ListedUrl> };
export type DatasetPlan = { classes: string[]; listed: number; shards: number };
type PlanInput = {
  store: ObjectStore;
  owner: Owner;
  sources: readonly PlanSource[];
  options: Pick<DatasetOptions, "maxImages">;
  admit?: Admit;
  signal?: AbortSignal;
};
/** Awaited before anything is written, with how many URLs are to be fetched. What it throws is thrown. */
export type Admit = (urls: number) => Promise<void>;
type Candidate = { index: number; class: string; content: string };

/** Rows are held in memory, some 300 bytes each, because a later list can turn an early row into a conflict. */
const MAX_LISTED = 1_000_000;

/**
 * Writes one plan object per shard. Classes are in code point order, so that the order of the lists does not matter.
 * @throws Problem list_is_html, list_is_empty, too_few_classes, too_few_pictures, payload_too_large, and what parsing throws
 */
export async function planDataset(input: PlanInput): Promise<DatasetPlan> {
  const rows = withTrainToCut(await readRows(input));
  const classes = [...new Set(rows.map((row) => row.class))].sort();
  if (classes.length < 2) {
    throw new Problem(
      "too_few_classes",
      `A classifier needs at least two classes, but these lists have only ${JSON.stringify(classes)}; add a list for another class.`,
    );
  }
  refuseHopeless(classes, rows);
  return { classes, listed: rows.length, shards: await writePlan(input, rows) };
}

/**
 * Where everything is marked, and nothing for valid, train and test are all that there is: train means what is no test, of which a part is to
 * be checked with, chosen as of unmarked pictures. Test stays test.
 */
function withTrainToCut(rows: readonly PlanRow[]): PlanRow[] {
  const isWhole = rows.every(({ split }) => split === "train" || split === "test");
  return isWhole ? rows.map(({ split, ...row }) => (split === "test" ? { ...row, split } : row)) : [...rows];
}

/** What the list decided, and pictures of an archive, ask nobody. */
export const isToFetch = ({ outcome, entry }: Pick<PlanRow, "outcome" | "entry">): boolean =>
  outcome === undefined && entry === undefined;

/** @returns how many shards there are */
export async function writePlan(
  { store, owner, admit, signal }: Pick<PlanInput, "store" | "owner" | "admit" | "signal">,
  rows: readonly PlanRow[],
): Promise<number> {
  await admit?.(rows.filter(isToFetch).length);
  const shards = cutShards(rows);
  for (const [shard, shardRows] of shards.entries()) {
    signal?.throwIfAborted();
    await store.put(keys.dataset.plan(owner, shard), toJsonLines(shardRows));
  }
  return shards.length;
}

/** Items that are there already: how many, and the first of each URL. */
export type KnownItems = { listed: number; urls: ReadonlyMap<string, { index: number; class: string }> };

/** The rows of the lists, numbered behind those that are known, with the outcome that the lists alone decide. */
export async function readRows(
  { sources, options, signal }: Pick<PlanInput, "sources" | "options" | "signal">,
  known: KnownItems = { listed: 0, urls: new Map() },
): Promise<PlanRow[]> {
  const rows: PlanRow[] = [];
  const candidates: Candidate[] = [];
  const listedPerClass = new Map<string, number>();
  for await (const { name, listed } of listedUrls(sources)) {
    signal?.throwIfAborted();
    const index = known.listed + rows.length;
    if (index === MAX_LISTED)
      throw new Problem("payload_too_large", `A dataset has at most ${MAX_LISTED} listed URLs; shorten its lists`);
    const position = (listedPerClass.get(listed.class) ?? 0) + 1;
    listedPerClass.set(listed.class, position);
    const verdict = judgeUrl(listed);
    const row: PlanRow = { ...listed, url: shownUrl(listed.url), index, key: String(index), source: name };
    // As in the lesson, the first N are taken as they are listed, good or bad, and the rest is as if it were not there.
    if (position > (options.maxImages ?? Number.POSITIVE_INFINITY)) {
      Object.assign(row, { outcome: "skipped", reason: `after the first ${options.maxImages} of its class` });
    } else if ("reason" in verdict) Object.assign(row, verdict);
    else candidates.push({ index, class: row.class, content: verdict.sameness });
    rows.push(row);
  }
  noteRepeats(rows, findRepeats(candidates, known), known.listed);
  return rows;
}

/** What is there already stays as it is, whatever is listed now. */
function findRepeats(candidates: readonly Candidate[], { urls }: KnownItems): Map<number, Repeat> {
  const repeats = resolveRepeats(candidates.filter(({ content }) => !urls.has(content)));
  for (const { index, class: name, content } of candidates) {
    const there = urls.get(content);
    if (there) repeats.set(index, { outcome: there.class === name ? "duplicate" : "label_conflict", of: there.index });
  }
  return repeats;
}

async function* listedUrls(sources: readonly PlanSource[]): AsyncGenerator<{ name: string; listed: ListedUrl }> {
  for (const { name, split, rows } of sources) {
    for await (const listed of rows) yield { name, listed: split ? { ...listed, split } : listed };
  }
}

function noteRepeats(rows: readonly PlanRow[], repeats: ReadonlyMap<number, Repeat>, start: number): void {
  for (const [index, { outcome, of }] of repeats) {
    const reason = outcome === "duplicate" ? `the same URL as item ${of}` : `the same URL in another class: item ${of}`;
    const row = rows[index - start];
    if (row) Object.assign(row, { outcome, reason, of: String(of) });
  }
}

/** A class that cannot be trained on even if every download succeeds is refused before the first one. @throws Problem too_few_pictures */
export function refuseHopeless(classes: readonly string[], rows: readonly PlanRow[]): void {
  const counts = new Map<string, SideCounts>(
    classes.map((name) => [name, { train: 0, valid: 0, test: 0, unmarked: 0 }]),
  );
  for (const { class: name, split, outcome } of rows) {
    const sides = counts.get(name);
    if (sides && outcome === undefined) sides[split ?? "unmarked"] += 1;
  }
  for (const [name, sides] of counts) {
    if (hasBothSides(sides)) continue;
    throw new Problem(
      "too_few_pictures",
      `Class ${JSON.stringify(name)} has too few URLs that can be used, ${sidesInWords(sides)}: expected one to train on and one to check with; ${remedyFor(sides)}`,
    );
  }
}

const remedyFor = ({ train, valid }: SideCounts) =>
  train + valid === 0 ? "add URLs for it" : "add URLs for the side without one, or unmark some so that Ursa may choose";

const sidesInWords = ({ train, valid, unmarked }: SideCounts) =>
  train + valid === 0 ? `${unmarked} in all` : `${train} for train, ${valid} for valid, ${unmarked} for either`;
