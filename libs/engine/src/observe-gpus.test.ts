// The GPUs' gauges, from a program that prints what nvidia-smi prints.
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMetrics } from "@ursa/service/metrics";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { observeGpus } from "./observe-gpus.ts";

const samples = async (metrics: { render(): Promise<string> }) =>
  (await metrics.render()).split("\n").filter((line) => line.startsWith("ursa_gpu"));

test("each card's memory is told in bytes, what it does not measure is not", async () => {
  await using folder = await createScratchFolder();
  const tool = join(folder.path, "smi");
  await writeFile(tool, '#!/bin/sh\nprintf "0, 1024, 81559, 37\\n1, 3, 81559, [N/A]\\n"\n');
  await chmod(tool, 0o755);
  const metrics = createMetrics("trainer");
  metrics.beforeScrape(observeGpus(metrics, tool));
  expect(await samples(metrics)).toEqual([
    'ursa_gpu_memory_used_bytes{gpu="0",service="trainer"} 1073741824',
    'ursa_gpu_memory_used_bytes{gpu="1",service="trainer"} 3145728',
    'ursa_gpu_memory_size_bytes{gpu="0",service="trainer"} 85520809984',
    'ursa_gpu_memory_size_bytes{gpu="1",service="trainer"} 85520809984',
    'ursa_gpu_utilization_ratio{gpu="0",service="trainer"} 0.37',
  ]);
});

test("where there is no such tool, nothing is told and the scrape goes on", async () => {
  const metrics = createMetrics("trainer");
  metrics.beforeScrape(observeGpus(metrics, "/no/such/tool"));
  expect(await samples(metrics)).toEqual([]);
  expect(await metrics.render()).toContain("ursa_build_info");
});
