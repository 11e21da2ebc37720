// All that has not ended, of every kind, and the page on which each is followed.
import type { Client } from "@ursa/contracts/client";
import type { RecordKind } from "@ursa/contracts/ids";
import type { RecordState } from "@ursa/contracts/record";

type Listed = { id: string; name?: string | undefined; state: RecordState };
export type Job = { kind: RecordKind; record: Listed; path: string };

/** More at once than anybody reads. */
const MOST = 50;

/** What runs comes before what waits. */
export async function unfinishedJobs(client: Client, signal: AbortSignal): Promise<Job[]> {
  const asked = { query: { state: "unfinished", limit: MOST }, signal } as const;
  const [datasets, models, sweeps, predictions, evaluations, inspections, regressions] = await Promise.all([
    client.call("listDatasets", asked),
    client.call("listModels", asked),
    client.call("listSweeps", asked),
    client.call("listPredictions", asked),
    client.call("listEvaluations", asked),
    client.call("listInspections", asked),
    client.call("listRegressions", asked),
  ]);
  const jobs = [
    ...datasets.items.map((record): Job => ({ kind: "dataset", record, path: `/datasets/${record.id}` })),
    ...models.items.map((record): Job => ({ kind: "model", record, path: `/models/${record.id}` })),
    // A sweep has no page of its own: its runs are in the journal.
    ...sweeps.items.map((record): Job => ({ kind: "sweep", record, path: "/models" })),
    ...predictions.items.map((record): Job => ({ kind: "prediction", record, path: `/predictions/${record.id}` })),
    ...evaluations.items.map((record): Job => ({ kind: "evaluation", record, path: `/models/${record.model}` })),
    ...inspections.items.map(
      (record): Job => ({ kind: "inspection", record, path: `/datasets/${record.dataset.id}/clean` }),
    ),
    ...regressions.items.map((record): Job => ({ kind: "regression", record, path: "/learn" })),
  ];
  const isWaiting = ({ record }: Job) => Number(record.state === "queued");
  return jobs.sort((a, b) => isWaiting(a) - isWaiting(b));
}
