// The `fetch` job: one shard of a dataset, or of a prediction over URLs.
import type { Catalog } from "@ursa/catalog/catalog";
import type { Item } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { EARLY_VERSION, type PayloadOf } from "@ursa/contracts/queues";
import { isFinal } from "@ursa/contracts/record";
import { fetchShard } from "@ursa/dataset/fetch-shard";
import type { PictureTools } from "@ursa/dataset/try-row";
import type { Events } from "@ursa/queue/progress";
import type { JobContext } from "@ursa/queue/run-job";
import type { Metrics } from "@ursa/service/metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import { countRow } from "./count-downloads.ts";
import { pace } from "./pace.ts";
import { createTally } from "./tally.ts";
import { isRecorded, MOST_STARTS, notRecorded, untilRecorded } from "./until-recorded.ts";

export type FetchDependencies = PictureTools & {
  store: ObjectStore;
  catalog: Catalog;
  events: Events;
  metrics: Metrics;
  /** Rows of one shard in work at once. */
  concurrency: number;
};
type FetchPayload = PayloadOf<"fetch">;

/** Nothing is recorded when a shard is given up: whoever merges the shards finds no part and says so for each URL. */
export function createFetchProcess(deps: FetchDependencies) {
  return async ({ v, target, namespace, id, shard }: FetchPayload, { signal, starts }: JobContext): Promise<void> => {
    const owner = { namespace, id };
    const isEarly = v === EARLY_VERSION && !(await isRecorded(deps.catalog, owner));
    // Whoever read the list gave up, or died at it.
    if (isEarly && starts > MOST_STARTS) return;
    if (isEarly && starts > 1) throw notRecorded(owner);
    if (!isEarly && !(await begin(deps, target, owner))) return;
    const tally = createTally();
    const tell = (done: number, of: number) =>
      deps.events.reportProgress(owner, "fetch", String(shard), done, of, { classes: tally.classes() });
    const report = pace(tell);
    const onRow = (row: Item, done: number, of: number) => {
      countRow(deps.metrics, row);
      tally.add(row);
      report(done, of);
    };
    const untilPlanned = async () => {
      await untilRecorded(deps.catalog, owner, signal);
      if (!(await begin(deps, target, owner))) throw new Problem("already_final");
    };
    const input = { ...deps, target, owner, shard, signal, onRow, untilPlanned: isEarly ? untilPlanned : undefined };
    const { rows, isRepeat } = await fetchShard(input);
    // Of a shard that another run had finished, that one told the classes.
    if (isRepeat) await deps.events.reportProgress(owner, "fetch", String(shard), rows, rows);
    else await tell(rows, rows);
  };
}

/** @returns false when the job has ended and nothing is left to do */
async function begin(deps: FetchDependencies, target: Target, owner: Owner): Promise<boolean> {
  const total = await markRunning(deps, target, owner);
  if (total === undefined) return false;
  await deps.events.expectTotal(owner, "fetch", total);
  return true;
}

type Target = FetchPayload["target"];
type Owner = { namespace: string; id: string };

/** @returns how many URLs the whole job has, or undefined when it has ended and nothing is left to do */
async function markRunning(
  { catalog, events }: FetchDependencies,
  target: Target,
  owner: Owner,
): Promise<number | undefined> {
  const record = await catalog.get(target, owner.namespace, owner.id);
  if (isFinal(record.state)) return undefined;
  if (record.state === "queued") {
    await catalog.update(target, owner, (current) =>
      current.state === "queued" ? { ...current, state: "running" } : current,
    );
    await events.publish(owner, { type: "state", state: "running" });
  }
  return "listed" in record ? (record.planned ?? record.listed) : record.inputs;
}
