// Turns what is to be predicted into a plan: a dataset's usable items, or URLs, in order, cut into shards.
import type { Split } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { judgeUrl, shownUrl } from "./judge-url.ts";
import { readItems } from "./manifest.ts";
import type { Owner } from "./owner.ts";
import type { PlanRow } from "./plan-row.ts";
import { type Admit, createPlanWriter, isToFetch } from "./plan-writer.ts";
import type { ListedUrl } from "./url-list.ts";

export type PlanInput =
  | { source: "items"; manifest: string; filter: { split?: Split | undefined; class?: string | undefined } }
  | { source: "urls"; rows: AsyncIterable<ListedUrl> };
export type PredictionPlan = { inputs: number; shards: number };

const MAX_INPUTS = 1_000_000;

/**
 * Writes one plan object per shard. The same URL twice is two inputs, since each gets its answer.
 * @throws Problem invalid_request when no item passes the filter, payload_too_large, and what parsing throws
 */
export async function planPrediction(options: {
  store: ObjectStore;
  owner: Owner;
  input: PlanInput;
  admit?: Admit;
  signal?: AbortSignal;
}): Promise<PredictionPlan> {
  const { store, owner, input, admit, signal } = options;
  const writer = createPlanWriter({ store, keyOf: (shard) => keys.prediction.plan(owner, shard), signal });
  let [inputs, urls] = [0, 0];
  for await (const row of input.source === "items" ? itemRows(store, input) : urlRows(input.rows)) {
    signal?.throwIfAborted();
    if (inputs === MAX_INPUTS)
      throw new Problem("payload_too_large", `A prediction has at most ${MAX_INPUTS} inputs; split them into several`);
    await writer.add({ ...row, index: inputs });
    inputs += 1;
    if (input.source === "urls" && isToFetch(row)) urls += 1;
  }
  if (inputs === 0)
    throw new Problem(
      "invalid_request",
      "input: no usable item of the dataset passes this filter; choose another class or split",
    );
  if (input.source === "urls") await admit?.(urls);
  return { inputs, shards: await writer.end() };
}

/** The key stays the item's own, so that an answer can be joined to its dataset. */
async function* itemRows(
  store: ObjectStore,
  { manifest, filter }: Extract<PlanInput, { source: "items" }>,
): AsyncGenerator<PlanRow> {
  for await (const { prepared: _prepared, of: _of, ...item } of readItems(store, manifest, {
    ...filter,
    outcome: "ok",
  })) {
    yield item;
  }
}

async function* urlRows(listed: AsyncIterable<ListedUrl>): AsyncGenerator<PlanRow> {
  let index = 0;
  for await (const { url, line, class: name, entry } of listed) {
    const verdict = judgeUrl({ url, entry });
    const refusal = "reason" in verdict ? verdict : {};
    const place = entry ? { entry } : {};
    yield { index, key: String(index), class: name, url: shownUrl(url), ...place, source: "urls", line, ...refusal };
    index += 1;
  }
}
