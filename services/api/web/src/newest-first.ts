// Records that belong to another one, found in a list whose newest come first.
import type { Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Inspection } from "@ursa/contracts/inspection";
import type { Model } from "@ursa/contracts/model";

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

type Version = Pick<Dataset, "id" | "createdAt">;

/** The newest of just this version. */
export async function newestInspectionOf(
  client: Client,
  { id, createdAt }: Version,
  { signal, ...more }: { signal: AbortSignal; state?: "ready" },
): Promise<Inspection | undefined> {
  const all = newestFirst(createdAt, (query) =>
    client.call("listInspections", { query: { ...query, ...more }, signal }),
  );
  for await (const inspection of all) if (inspection.dataset.id === id) return inspection;
  return undefined;
}

/** The newest that was trained on just this version. */
export async function newestModelOn(
  client: Client,
  { id, createdAt }: Version,
  signal: AbortSignal,
): Promise<Model | undefined> {
  const models = newestFirst(createdAt, (query) =>
    client.call("listModels", { query: { ...query, state: "ready" }, signal }),
  );
  for await (const model of models) if (model.dataset.id === id && !model.imported) return model;
  return undefined;
}
