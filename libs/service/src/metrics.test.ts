// Metrics as Prometheus reads them.
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const families = (text: string) =>
  [...text.matchAll(/^# TYPE (ursa_\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));

test("names follow Prometheus: base units, and _total on counters only", async () => {
  const found = families(await createMetrics("test").render());
  expect(found.length).toBeGreaterThan(40);
  for (const { name, type } of found) {
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_(seconds|bytes|batch_size)$/);
    expect(name).not.toMatch(/milliseconds|_ms$|megabytes/);
  }
});

test("what is counted is told, with closed labels and the service", async () => {
  const metrics = createMetrics("downloader");
  metrics.downloads.inc({ outcome: "http_4xx" });
  metrics.downloads.inc({ outcome: "http_4xx" }, 2);
  metrics.downloadBytes.inc(1000);
  metrics.jobs.inc({ queue: "fetch", outcome: "retried" });
  metrics.jobWait.observe({ queue: "fetch" }, 0.3);
  metrics.modelLoad.observe(0.2);
  metrics.eventsLost.inc();
  const text = await metrics.render();
  expect(text).toContain('ursa_downloads_total{outcome="http_4xx",service="downloader"} 3');
  expect(text).toContain('ursa_download_bytes_total{service="downloader"} 1000');
  expect(text).toContain('ursa_jobs_total{queue="fetch",outcome="retried",service="downloader"} 1');
  expect(text).toContain('ursa_job_wait_seconds_bucket{le="0.5",service="downloader",queue="fetch"} 1');
  expect(text).toContain('ursa_model_load_seconds_bucket{le="0.1",service="downloader"} 0');
  expect(text).toMatch(/ursa_build_info\{version="\d+\.\d+\.\d+",commit="unknown",service="downloader"\} 1/);
  expect(text).toContain("process_cpu_seconds_total");
});

test("a passing gauge says nothing before it is set and after it was cleared", async () => {
  const metrics = createMetrics("api");
  const told = async () => (await metrics.render()).match(/^ursa_(redis_up|queue_jobs)\{.*$/gm) ?? [];
  expect(await told()).toEqual([]);
  metrics.redisUp.set({}, 1);
  metrics.queueJobs.set({ queue: "fetch", state: "waiting" }, 3);
  expect(await told()).toEqual([
    'ursa_queue_jobs{queue="fetch",state="waiting",service="api"} 3',
    'ursa_redis_up{service="api"} 1',
  ]);
  metrics.redisUp.clear();
  metrics.queueJobs.clear();
  expect(await told()).toEqual([]);
});

test("a label that is not declared neither compiles nor counts", () => {
  const metrics = createMetrics("test");
  // @ts-expect-error an id would make a series per job
  const count = () => metrics.jobs.inc({ queue: "fetch", outcome: "completed", jobId: "ds_1-1" });
  expect(count).toThrow("jobId");
});

test("registries do not meet", async () => {
  createMetrics("a").eventsLost.inc(5);
  expect(await createMetrics("b").render()).toContain('ursa_events_lost_total{service="b"} 0');
});
