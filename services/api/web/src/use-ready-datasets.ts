// The datasets that can be trained on or answered, for a list to choose from.
import type { Dataset } from "@ursa/contracts/dataset";
import { type Answer, useAnswer } from "./use-answer.ts";

/** The newest first, and last the one that was asked for, where it is older. */
export type ReadyDatasets = { items: Dataset[]; hasMore: boolean };

const LISTED = 200;
/** Under a list that is not whole. */
export const OLDER_ONES = `The newest ${LISTED} are listed. The page of an older one leads here with it chosen.`;

/** @param asked id of the dataset that the address names, or "" */
export function useReadyDatasets(asked: string): Answer<ReadyDatasets> {
  return useAnswer(`ready datasets ${asked}`, async (client, signal) => {
    const { items, next } = await client.call("listDatasets", { query: { state: "ready", limit: LISTED }, signal });
    const isLacking = asked !== "" && !items.some(({ id }) => id === asked);
    const older = isLacking ? [await client.call("getDataset", { params: { id: asked }, signal })] : [];
    return { items: [...items, ...older], hasMore: next !== undefined };
  });
}
