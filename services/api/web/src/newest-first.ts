// Records that belong to another one, found in a list whose newest come first.
type Page<T> = { items: T[]; next?: string | undefined };
type Query = { limit: number; cursor?: string };

/** A model's record has all its epochs. */
const AT_ONCE = 50;

/** What was made since `since`, an ISO date: what belongs to a record is younger than it. */
export async function* newestFirst<T extends { createdAt: string }>(
  since: string,
  list: (query: Query) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await list({ limit: AT_ONCE, ...(cursor === undefined ? {} : { cursor }) });
    const young = page.items.filter(({ createdAt }) => createdAt >= since);
    yield* young;
    cursor = young.length < page.items.length ? undefined : page.next;
  } while (cursor !== undefined);
}
