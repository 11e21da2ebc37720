// Lists that come in pages: as many items as were asked for, from as many pages as that takes.
import type { Printer } from "./print.ts";

export type Page<T> = { items: T[]; next?: string | undefined };
export type PageQuery = { limit: number; cursor?: string };

/** What one list command shows when nobody says. */
export const DEFAULT_LIMIT = 50;

/** @param pageSize the most the route gives at once @returns `hasMore` when the API has items beyond `limit` */
export async function readPages<T>(
  read: (query: PageQuery) => Promise<Page<T>>,
  { limit, pageSize }: { limit: number; pageSize: number },
): Promise<{ items: T[]; hasMore: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit: Math.min(pageSize, limit - items.length), ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < limit);
  return { items, hasMore: cursor !== undefined };
}

/** The most records that a list route gives at once. */
const RECORDS_AT_ONCE = 200;

/** The newest records, or all of them; says so when there are more. */
export async function readRecords<T>(
  read: (query: PageQuery) => Promise<Page<T>>,
  { all, print }: { all: boolean | undefined; print: Printer },
): Promise<T[]> {
  const limit = all ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT;
  const { items, hasMore } = await readPages(read, { limit, pageSize: RECORDS_AT_ONCE });
  if (hasMore) print.note(`These are the newest ${items.length}; --all shows the rest too.`);
  return items;
}
