// Which items of a dataset an inspection found most like one of them: its copies and its nearest, by features of the pretrained body.
import type { Dataset } from "@ursa/contracts/dataset";
import type { InspectionResult } from "@ursa/contracts/inspection";
import type { Dependencies } from "./dependencies.ts";
import { keepOfResults } from "./inspections.ts";

/** How many of the newest inspections are looked through for one of the same pictures. */
const NEWEST = 100;

type Alike = ReadonlyMap<string, number>;

/** @returns cosines by key, as the newest inspection that is ready tells them; undefined where there is none, or none of this item */
export function findAlike(deps: Pick<Dependencies, "catalog" | "store">) {
  const partOf = keepOfResults(deps, ({ nearest, nearDuplicates }) => ({ nearest, nearDuplicates }));
  return async ({ namespace, manifest }: Dataset, item: string): Promise<Alike | undefined> => {
    const { items } = await deps.catalog.list("inspection", namespace, { limit: NEWEST, state: "ready" });
    const found = items.find(({ dataset }) => dataset.manifestSha256 === manifest?.sha256);
    return found && alikeIn(await partOf(found), item);
  };
}

function alikeIn(
  { nearest, nearDuplicates }: Pick<InspectionResult, "nearest" | "nearDuplicates">,
  item: string,
): Alike {
  const copies = nearDuplicates.flatMap(({ a, b, cosine }): [string, number][] => {
    if (a === item) return [[b, cosine]];
    return b === item ? [[a, cosine]] : [];
  });
  return new Map([...(nearest?.[item] ?? []).map(({ key, cosine }) => [key, cosine] as const), ...copies]);
}
