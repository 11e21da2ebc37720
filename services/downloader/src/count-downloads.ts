// What the downloader counts: requests, URLs and, once a dataset is assembled, what became of each of its URLs.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { OUTCOMES, type Outcome } from "@ursa/contracts/outcomes";
import type { Metrics } from "@ursa/service/metrics";

/** @returns counts one request; every outcome starts at zero, or Prometheus would not see its first */
export function countAttempts(metrics: Metrics): (outcome: Outcome) => void {
  const { downloadAttempts, downloads, datasetItems, downloadDuration, imageDecode } = metrics;
  for (const counter of [downloadAttempts, downloads, datasetItems])
    for (const outcome of OUTCOMES) counter.inc({ outcome }, 0);
  for (const histogram of [downloadDuration, imageDecode]) histogram.zero({ outcome: "ok" });
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
