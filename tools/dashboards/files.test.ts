// The dashboards as Grafana will read them: up to date, whole, and about metrics that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createMetrics } from "@ursa/service/metrics";
import { expect, test } from "vitest";
import { z } from "zod";
import { dashboardFiles } from "./files.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(resolve(root, path), "utf8");

const place = z.strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) });
const datasource = z.strictObject({ type: z.literal("prometheus"), uid: z.literal("ursa-prometheus") });
const target = z.looseObject({ refId: z.string().regex(/^[A-Z]$/), datasource, expr: z.string().min(1) });
const panelSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("row"), id: z.int(), title: z.string().endsWith("?"), gridPos: place }),
  z.looseObject({
    ...{ type: z.enum(["timeseries", "stat"]), id: z.int(), title: z.string().min(1), gridPos: place, datasource },
    fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
    targets: z.array(target).min(1),
  }),
]);
const dashboardSchema = z.looseObject({
  ...{ id: z.null(), uid: z.string().regex(/^[a-z-]{1,40}$/), title: z.string(), schemaVersion: z.int() },
  ...{ editable: z.literal(false), panels: z.array(panelSchema).min(8) },
});

const files = Object.entries(dashboardFiles()).map(([path, text]) => ({
  path,
  text,
  parsed: dashboardSchema.parse(JSON.parse(text)),
}));

test("what is checked in is what the descriptions say: `node tools/dashboards/files.ts` writes it", () => {
  for (const { path, text } of files) expect(existsSync(resolve(root, path)) && read(path) === text, path).toBe(true);
  const names = readdirSync(resolve(root, "deploy/grafana/dashboards"));
  expect(names.toSorted()).toEqual(["inference.json", "overview.json", "pipeline.json", "training.json"]);
});

test("uids are unique, and the datasource is the one that is provisioned", () => {
  expect(new Set(files.map(({ parsed }) => parsed.uid)).size).toBe(files.length);
  expect(read("deploy/grafana/provisioning/datasources/prometheus.yaml")).toContain("uid: ursa-prometheus\n");
});

test.each(files)("$path: panels have ids of their own and do not overlap", ({ parsed: { panels } }) => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
});

test.each(files)(
  "$path: each query is about a metric that exists, over Grafana's own intervals",
  async ({ parsed: { panels } }) => {
    const told = await createMetrics("test").render();
    const families = new Map(
      [...told.matchAll(/^# TYPE (\w+) (\w+)/gm)].map(([, name = "", type = ""]) => [name, type]),
    );
    const queries = panels.flatMap((panel) => ("targets" in panel ? z.array(target).parse(panel.targets) : []));
    expect(queries.length).toBeGreaterThan(8);
    for (const { expr } of queries) {
      for (const [name] of expr.matchAll(/\b(ursa|nodejs|process)_[a-z0-9_]+/g))
        expect(families.has(name) || families.has(name.replace(/_(bucket|sum|count)$/, "")), name).toBe(true);
      for (const [, window] of expr.matchAll(/\[(.*?)\]/g)) expect(["$__rate_interval", "$__range"]).toContain(window);
      for (const [, metric = ""] of expr.matchAll(/(?:rate|increase)\((\w+)/g))
        expect(metric).toMatch(/_(total|bucket|sum|count)$/);
    }
  },
);
