// What the downloader counts: requests, URLs and, once a dataset is assembled, what became of each of its URLs.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { OUTCOMES, type Outcome } from "@ursa/contracts/outcomes";
import type { Metrics } from "@ursa/service/metrics";

/** @returns counts one request; every outcome starts at zero, or Prometheus would not see its first */
export function countAttempts({ downloadAttempts, downloads, datasetItems }: Metrics): (outcome: Outcome) => void {
  for (const counter of [downloadAttempts, downloads, datasetItems])
    for (const outcome of OUTCOMES) counter.inc({ outcome }, 0);
  return (outcome) => downloadAttempts.inc({ outcome });
}

export function countRow(metrics: Metrics, { outcome, milliseconds, bytes }: Item): void {
  metrics.downloads.inc({ outcome });
  if (milliseconds !== undefined) metrics.downloadDuration.observe({ outcome }, milliseconds / 1000);
  if (bytes !== undefined) metrics.downloadBytes.inc(bytes);
}

export function countDataset({ datasetItems }: Metrics, { outcomes }: NonNullable<Dataset["counts"]>): void {
  for (const outcome of OUTCOMES) datasetItems.inc({ outcome }, outcomes[outcome] ?? 0);
}
