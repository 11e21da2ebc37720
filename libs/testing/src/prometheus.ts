// A real Prometheus for one test: it scrapes what it is told, at the pace it is told, and is asked over its own API.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findPrometheus } from "./find-prometheus.ts";
import { findFreePort } from "./free-port.ts";
import { createScratchFolder } from "./scratch-folder.ts";
import { spawnGuarded } from "./spawn-guarded.ts";
import { waitUntil } from "./wait-until.ts";

/** One series: its labels, and its values over time as [Unix seconds, value]. */
export type Series = { metric: Record<string, string>; values: [number, string][] };

export type Prometheus = AsyncDisposable & {
  url: string;
  /** The last value of each series of an expression. @throws when Prometheus refuses the expression */
  query(expr: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  /** Since it was started, one value every two seconds. */
  history(expr: string): Promise<Series[]>;
  /** Of GET /api/v1/…: the `data` of its answer. */
  get(path: string): Promise<unknown>;
};

export type StartPrometheusOptions = {
  /** `host:port` by job name. */
  targets: Record<string, string>;
  /** Texts of rule files. */
  rules: string[];
  /** How often it scrapes and evaluates, as Prometheus writes it. */
  interval: string;
};

/** Undefined where there is no Prometheus. */
export async function startPrometheus(options: StartPrometheusOptions): Promise<Prometheus | undefined> {
  const programs = await findPrometheus();
  if (!programs) return undefined;
  const folder = await createScratchFolder();
  const port = await findFreePort();
  await writeConfig(folder.path, options);
  const args = ["--config.file=prometheus.json", "--storage.tsdb.path=data", `--web.listen-address=127.0.0.1:${port}`];
  const child = spawnGuarded(
    "/bin/sh",
    ["-c", 'cd "$1" && shift && exec "$@"', "sh", folder.path, programs.prometheus, ...args],
    {
      env: process.env,
      output: "pipe",
    },
  );
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  const url = `http://127.0.0.1:${port}`;
  const started = Date.now() / 1000;
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil(isReady, { what: "Prometheus to be ready", timeoutMs: 30_000 });
  return {
    url,
    get: (path) => ask(`${url}/api/v1/${path}`),
    async query(expr) {
      // As documented for an expression of vectors.
      const { result } = (await ask(`${url}/api/v1/query?${new URLSearchParams({ query: expr })}`)) as Vector;
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async history(expr) {
      const range = { query: expr, start: String(started), end: String(Date.now() / 1000), step: "2" };
      // As documented for an expression of vectors over a range.
      const { result } = (await ask(`${url}/api/v1/query_range?${new URLSearchParams(range)}`)) as Matrix;
      return result;
    },
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await exited;
      await rm(folder.path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

// The shapes that Prometheus documents for instant and range queries of vectors.
type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] };
type Matrix = { result: Series[] };

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url);
  const { status, data, error }: { status: string; data: unknown; error?: string } = JSON.parse(await answer.text());
  if (status !== "success") throw new Error(`Prometheus refuses ${decodeURIComponent(url)}: ${error}`);
  return data;
}

/** JSON is YAML too. */
async function writeConfig(path: string, { targets, rules, interval }: StartPrometheusOptions): Promise<void> {
  await mkdir(join(path, "rules"));
  for (const [index, text] of rules.entries()) await writeFile(join(path, "rules", `${index}.yml`), text);
  const config = {
    global: { scrape_interval: interval, evaluation_interval: interval },
    rule_files: ["rules/*.yml"],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  await writeFile(join(path, "prometheus.json"), JSON.stringify(config));
}
