// One trace from the request that asked for a dataset to the job that completed it, as a collector receives it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportedModel } from "@ursa/classifier/exchange/exported-model.fixture";
import { writeZip } from "@ursa/classifier/exchange/zip";
import { startOtlpReceiver } from "@ursa/testing/otlp-receiver";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { makeDataset } from "../../cli/src/local/demo/main-job.ts";
import { startWorld } from "./world.ts";

test("POST /v1/datasets, its shards and their merging share one trace, and log lines carry it; housekeeping is not traced", async () => {
  await using collector = await startOtlpReceiver();
  await using world = await startWorld({ env: { URSA_OTLP_URL: collector.url } });
  const lists = world.gallery.classes.map(({ name, urls }) => ({ name, urls: urls.slice(0, 6) }));
  const { id, shards } = await makeDataset(world.session, { lists, seed: 1 });
  const { spans } = collector;
  const request = await waitUntil(() => spans.find(({ name }) => name === "POST /v1/datasets"), {
    what: "the request",
  });
  const inTrace = () => spans.filter(({ traceId }) => traceId === request?.traceId);
  const named = (name: string) => inTrace().filter((span) => span.name.startsWith(name));
  await waitUntil(() => named("process assemble").length > 0, { what: "the merging job", timeoutMs: 30_000 });

  expect(request).toMatchObject({ service: "ursa-api", kind: 2 });
  expect(named("process fetch")).toHaveLength(shards);
  for (const span of [...named("process fetch"), ...named("process assemble")])
    expect(span).toMatchObject({ service: "ursa-downloader", kind: 5 });
  // Each span's parent is there too, the request's excepted: it has none.
  const ids = new Set(inTrace().map(({ spanId }) => spanId));
  const orphans = inTrace().filter(({ parentSpanId = "" }) => !ids.has(parentSpanId));
  expect(orphans.map(({ name }) => name)).toEqual(["POST /v1/datasets"]);

  const roots = spans.filter(({ parentSpanId }) => !parentSpanId);
  expect(roots.filter(({ kind }) => kind === 1)).toEqual([]);
  expect(spans.some(({ name }) => /livez|readyz|metrics/.test(name))).toBe(false);

  const lines = readFileSync(join(world.ursa.home, "logs/downloader.log"), "utf8").split("\n");
  const started = lines.filter((line) => line.includes('"job started"') && line.includes(id));
  expect(started).toHaveLength(shards + 1);
  for (const line of started)
    expect(JSON.parse(line)).toMatchObject({ trace_id: request?.traceId, jobId: expect.any(String) });
});

test("a picture that is asked about by its URL is fetched and classified in the trace of the request", async () => {
  await using collector = await startOtlpReceiver();
  await using world = await startWorld({ env: { URSA_OTLP_URL: collector.url } });
  const { client } = world.session;
  const [first] = world.gallery.classes;
  const archive = Buffer.concat(writeZip(await exportedModel(world.gallery.classes.map(({ name }) => name))));
  const { id: model } = await client.call("importModel", { query: {}, body: new Uint8Array(archive) });
  await client.call("classifyUrl", { query: { url: first?.urls[0] ?? "", model } });

  const span = (name: string) => waitUntil(() => collector.spans.find((each) => each.name === name), { what: name });
  const request = await span("GET /classify-url");
  const below = { traceId: request?.traceId, parentSpanId: request?.spanId, kind: 2 };
  expect(await span("POST /fetch")).toMatchObject({ ...below, service: "ursa-downloader" });
  expect(await span("POST /classify")).toMatchObject({ ...below, service: "ursa-inferer" });
});
