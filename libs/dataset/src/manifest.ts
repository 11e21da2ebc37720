// Reads a dataset's manifest: as a stream, in filtered pages, or one item. Its lines are in the order of their index.
import { type Item, itemSchema, type Split } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES, type ItemOutcome } from "@ursa/contracts/outcomes";
import { Problem } from "@ursa/contracts/problem";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import { streamJsonLines, streamLines } from "./json-lines.ts";

export type ItemFilter = { class?: string | undefined; split?: Split | undefined; outcome?: ItemOutcome | undefined };
export type ItemQuery = ItemFilter & {
  cursor?: string | undefined;
  limit: number;
  /** Only these, all of them on one page. */
  keys?: readonly string[] | undefined;
};
export type ItemPage = { items: Item[]; next?: string };
type Span = { start: number; end: number };

/** Every item, or those that pass. @throws ObjectNotFound */
export async function* readItems(store: ObjectStore, key: string, filter: ItemFilter = {}): AsyncGenerator<Item> {
  for await (const { row } of streamJsonLines(store, { key, schema: itemSchema })) if (passes(row, filter)) yield row;
}

/**
 * One page, in index order. The cursor is the byte behind the last item given, so that a page costs what it reads and not
 * what lies before it.
 * @throws Problem invalid_request for a cursor that no page gave
 */
export async function pageOfItems(store: ObjectStore, key: string, query: ItemQuery): Promise<ItemPage> {
  if (query.keys) {
    const found = await findItems(store, key, new Set(query.keys));
    const items = [...found.values()].filter((item) => passes(item, query));
    return { items: items.sort((a, b) => a.index - b.index) };
  }
  const range = { start: Number(query.cursor ?? 0), end: await sizeOf(store, key) };
  await checkCursor(store, key, { ...range, cursor: query.cursor });
  const items: Item[] = [];
  if (range.start === range.end) return { items };
  let last = range.start;
  for await (const { row, end } of streamJsonLines(store, { key, range, schema: itemSchema })) {
    if (!passes(row, query)) continue;
    // One more than was asked for shows that there is a next page.
    if (items.length === query.limit) return { items, next: String(last) };
    items.push(row);
    last = end;
  }
  return { items };
}

/** Bytes within which lines are read one by one: some 250 of them, which takes less time than one more request. */
const NEAR = 128 * 1024;

/** Halves the manifest until the item is near. @returns undefined when there is no such item */
export async function findItem(store: ObjectStore, key: string, itemKey: string): Promise<Item | undefined> {
  const wanted = Number(itemKey);
  // Both ends are beginnings of lines: the item, if any, begins at `start` or later and before `end`.
  const span = { start: 0, end: await sizeOf(store, key) };
  while (span.end - span.start > NEAR) {
    const middle = Math.floor((span.start + span.end) / 2);
    const probe = await firstItem(store, key, { start: middle, end: span.end });
    if (!probe) break;
    if (probe.item.index <= wanted) span.start = probe.start;
    else span.end = probe.start;
  }
  if (span.start === span.end) return undefined;
  for await (const { row } of streamJsonLines(store, { key, range: span, schema: itemSchema })) {
    if (row.index === wanted) return row;
  }
  return undefined;
}

/** Up to so many items are looked for one by one, which reads little of a large manifest; for more it is read once. */
const FEW = 8;

/** By key, of those that there are. */
export async function findItems(
  store: ObjectStore,
  key: string,
  itemKeys: ReadonlySet<string>,
): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  for await (const item of itemKeys.size > FEW ? readItems(store, key) : eachItem(store, key, itemKeys)) {
    if (itemKeys.has(item.key)) found.set(item.key, item);
    if (found.size === itemKeys.size) break;
  }
  return found;
}

async function* eachItem(store: ObjectStore, key: string, itemKeys: Iterable<string>): AsyncGenerator<Item> {
  for (const itemKey of itemKeys) {
    const item = await findItem(store, key, itemKey);
    if (item) yield item;
  }
}

/** The first item whose line begins within the span; what precedes it is the end of another line. */
async function firstItem(
  store: ObjectStore,
  key: string,
  span: Span,
): Promise<{ item: Item; start: number } | undefined> {
  let start: number | undefined;
  for await (const { line, end } of streamLines(store, key, span)) {
    if (start !== undefined) return { item: itemSchema.parse(JSON.parse(line.toString("utf8"))), start };
    start = end;
  }
  return undefined;
}

const passes = (item: Item, filter: ItemFilter): boolean =>
  (filter.class === undefined || item.class === filter.class) &&
  (filter.split === undefined || item.split === filter.split) &&
  (filter.outcome === undefined ||
    (filter.outcome === "failed" ? FAILED_OUTCOMES.has(item.outcome) : item.outcome === filter.outcome));

async function sizeOf(store: ObjectStore, key: string): Promise<number> {
  const info = await store.head(key);
  if (!info) throw new ObjectNotFound(`There is no manifest at ${key}`);
  return info.size;
}

async function checkCursor(
  store: ObjectStore,
  key: string,
  { start, end, cursor }: Span & { cursor: string | undefined },
): Promise<void> {
  if (start === 0) return;
  const isInside = Number.isSafeInteger(start) && start > 0 && start <= end;
  const isLineStart = isInside && (await store.get(key, { start: start - 1, end: start })).body[0] === 10;
  if (!isLineStart) throw new Problem("invalid_request", `cursor: expected the next of an earlier page, got ${cursor}`);
}
