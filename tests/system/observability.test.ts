// Ursa as Prometheus sees it: the main job is run beside a real one, and what dashboards, alerts and a runbook say is held against it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findPrometheus } from "@ursa/testing/find-prometheus";
import { findRedis } from "@ursa/testing/find-redis";
import { type Prometheus, startPrometheus } from "@ursa/testing/prometheus";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MainJob, runMainJob } from "../../cli/src/local/demo/main-job.ts";
import { dashboards } from "../../tools/dashboards/files.ts";
import { startWorld, type World } from "./world.ts";

const root = resolve(import.meta.dirname, "../..");
const RULES = readFileSync(resolve(root, "deploy/prometheus/rules/ursa.yml"), "utf8");
/** TrainerNoProgress as it is, but for its patience. */
const HASTY = RULES.replace(" < 600)", " < 10)")
  .replace("for: 3m\n        labels: {severity: critical}", "for: 3s\n        labels: {severity: critical}")
  .replace("alert: TrainerNoProgress", "alert: HastyTrainerNoProgress")
  .replaceAll(/name: ursa-/g, "name: hasty-");
const CLASSIFIED = 12;

const redis = await findRedis();
const hasPrometheus = (await findPrometheus()) !== undefined;
if (!hasPrometheus)
  reportAbsentPart("Prometheus was not found, so no dashboard and no alert was held against a running Ursa.");

describe.skipIf(!hasPrometheus)("beside a Prometheus", () => {
  let world: World;
  let prometheus: Prometheus;
  let job: MainJob;

  beforeAll(async () => {
    expect(HASTY).toContain(" < 10)");
    expect(HASTY).toContain("for: 3s");
    world = await startWorld();
    const started = await startPrometheus({ targets: world.ursa.addresses, rules: [RULES, HASTY], interval: "500ms" });
    if (!started) throw new Error("There was a Prometheus a moment ago.");
    prometheus = started;
    // A rate is that of a second scrape over a first: all must have been seen at zero before there is work.
    await waitUntil(async () => (await sum("up")) === Object.keys(world.ursa.addresses).length, {
      ...{ what: "every service to be scraped", timeoutMs: 30_000, intervalMs: 100 },
    });
    const { gallery, session } = world;
    job = await runMainJob(session, {
      ...{ lists: gallery.classes, recipe: "quick", seed: 1, alias: "bears@test", classifyCount: CLASSIFIED },
    });
    // The last count to be scraped is that of the last job.
    await waitUntil(async () => (await sum('ursa_jobs_total{queue="collect",outcome="completed"}')) === 1, {
      ...{ what: "the prediction's end to be scraped", timeoutMs: 30_000, intervalMs: 200 },
    });
  });
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const sum = async (series: string) => (await prometheus.query(`sum(${series})`))[0]?.value;
  const byLabel = async (series: string, label: string) => {
    const found = await prometheus.query(`sum by (${label}) (${series}) > 0`);
    return Object.fromEntries(found.map(({ metric, value }) => [metric[label], value]));
  };
  const isFiring = async (alert: string) =>
    (await prometheus.query(`ALERTS{alertname="${alert}",alertstate="firing"}`)).length > 0;

  test("counters equal what records and manifests count", async () => {
    const { counts, listed } = job.dataset;
    expect(await byLabel("ursa_dataset_items_total", "outcome")).toEqual(counts?.outcomes);
    const { ok = 0, duplicate = 0, label_conflict = 0, ...failed } = counts?.outcomes ?? {};
    const downloads = await byLabel("ursa_downloads_total", "outcome");
    // Which pictures repeat others is known when all are there; those listed twice, before.
    const { ok: sound = 0, duplicate: twice = 0, label_conflict: _, ...broken } = downloads;
    expect(broken).toEqual(failed);
    expect(sound + twice + (downloads.label_conflict ?? 0)).toBe(ok + duplicate + label_conflict);
    expect(await sum("ursa_downloads_total")).toBe(listed);

    const query = { limit: 200 };
    const { items } = await world.session.client.call("listItems", { params: { id: job.dataset.id }, query });
    const attempts = items.reduce((total, item) => total + (item.attempts ?? 0), 0);
    // One more for the URL that was classified.
    expect(await sum("ursa_download_attempts_total")).toBe(attempts + 1);

    const { epochs } = job.model;
    const train = items.filter(({ split, outcome }) => split === "train" && outcome === "ok").length;
    const valid = epochs.reduce((total, { validCount }) => total + validCount, 0);
    expect(await byLabel("ursa_train_images_total", "phase")).toEqual({ train: train * epochs.length, valid });
    expect(await sum("ursa_train_epoch_duration_seconds_count")).toBe(epochs.length);
    expect(await sum("ursa_checkpoint_write_seconds_count")).toBe(epochs.length);

    const answered = job.rows.filter(({ outcome }) => outcome === "ok").length;
    const single = await sum(
      'ursa_http_request_duration_seconds_count{job="inferer",route="/classify",status_class="2xx"}',
    );
    expect(await byLabel("ursa_predict_pictures_total", "mode")).toEqual({ single, batch: answered });
    expect(single).toBeGreaterThan(CLASSIFIED);
    const shards = { fetch: job.dataset.shards, predict: job.prediction.shards };
    const ended = { assemble: 1, train: 1, collect: 1, ...shards };
    expect(await byLabel('ursa_jobs_total{outcome="completed"}', "queue")).toEqual(ended);
    expect(await byLabel("ursa_job_attempts_total", "queue")).toEqual(ended);
    expect(
      await byLabel('ursa_http_request_duration_seconds_count{method="POST",route="/v1/datasets"}', "status_class"),
    ).toEqual({
      "2xx": 1,
    });
  });

  test("the run's gauges are gone when it has ended", async () => {
    for (const gauge of [
      "loss",
      "accuracy_ratio",
      "eta_seconds",
      "images_per_second",
      "last_progress_timestamp_seconds",
    ])
      expect(await prometheus.query(`ursa_train_${gauge}`), gauge).toEqual([]);
    expect(await prometheus.history("ursa_train_loss")).not.toEqual([]);
  });

  test("a trainer that is killed makes TrainerNoProgress fire until another goes on; its runbook works as written", async () => {
    const { client } = world.session;
    const phases = ["stage-1" as const];
    const { id } = await client.call("createModel", {
      body: { dataset: job.dataset.id, recipe: { phases } },
    });
    const until = { timeoutMs: 240_000, intervalMs: 200 };
    const isTraining = async () =>
      (await prometheus.query("ursa_train_last_progress_timestamp_seconds")).length > 0 &&
      !(await isFiring("HastyTrainerNoProgress"));
    await waitUntil(isTraining, { what: "the run to make progress", ...until });
    world.ursa.kill("trainer", "SIGKILL");
    await waitUntil(() => isFiring("HastyTrainerNoProgress"), { what: "the alert", ...until });
    for (const command of runbookCommands("TrainerNoProgress")) {
      const { status, output } = run(command);
      expect(status, `${command}\n${output}`).toBe(0);
    }
    await waitUntil(async () => !(await isFiring("HastyTrainerNoProgress")), { what: "the alert's end", ...until });
    expect(await sum('ursa_jobs_stalled_total{queue="train"}')).toBe(1);
    const isReady = async () => (await client.call("getModel", { params: { id } })).state === "ready";
    await waitUntil(isReady, { what: "the run to be done", ...until });
    // The real one is more patient than this outage lasted.
    expect(await prometheus.history('ALERTS{alertname="TrainerNoProgress",alertstate="firing"}')).toEqual([]);
  });

  /** What no machine of this test can have. */
  const WITHOUT_GPU = /ursa_gpu_/;
  const panels = dashboards.flatMap(({ title, rows }) =>
    rows.flatMap((row) =>
      row.panels.flatMap(({ title: panel, queries }) =>
        queries.map(({ expr }) => ({ where: `${title}: ${panel}`, expr })),
      ),
    ),
  );

  test("every panel has data", async () => {
    const empty: string[] = [];
    for (const { where, expr } of panels) {
      const asked = expr.replaceAll("$__rate_interval", "30s").replaceAll("$__range", "10m");
      const series = await prometheus.history(asked);
      const hasData = series.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
      if (WITHOUT_GPU.test(expr)) expect(hasData, where).toBe(false);
      else if (!hasData) empty.push(`${where}: ${asked}`);
    }
    expect(empty).toEqual([]);
  });

  /** Kubernetes' own. */
  const NOT_HERE = /^kube_/;
  /** A healthy Ursa makes no errors; all else that is said of them is looked for. */
  const ERRORS = /,status_class="5xx"|status_class="5xx",/;

  test("every alert is evaluated, and knows what it looks at", async () => {
    // As Prometheus documents it.
    const { groups } = (await prometheus.get("rules")) as {
      groups: { rules: { name: string; health: string; query: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(32);
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    const selectors = rules.flatMap(({ query }) => query.match(/\b(?:ursa_\w+|up|kube_\w+)(?:\{[^}]*\})?/g) ?? []);
    expect(new Set(selectors).size).toBeGreaterThan(20);
    for (const selector of new Set(selectors)) {
      if (NOT_HERE.test(selector)) continue;
      const asked = selector.replace(ERRORS, "");
      expect((await prometheus.history(asked)).length, asked).toBeGreaterThan(0);
    }
    expect([...new Set(selectors)].filter((selector) => ERRORS.test(selector))).toHaveLength(1);
    expect(await isFiring("Watchdog")).toBe(true);
  });

  /** Those of its blocks that need no cluster. */
  function runbookCommands(alert: string): string[] {
    const text = readFileSync(resolve(root, `docs/runbooks/${alert}.md`), "utf8");
    const lines = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
    const commands = lines.filter((line) => !line.startsWith("kubectl"));
    expect(commands.length).toBeGreaterThan(3);
    return commands;
  }

  function run(command: string) {
    const env = {
      ...process.env,
      ...redis.env,
      // redis-cli is beside its server.
      PATH: [root, process.env.PATH, dirname(redis.path)].join(delimiter),
      URSA_URL: world.ursa.apiUrl,
      PROMETHEUS_URL: prometheus.url,
      URSA_REDIS_URL: world.ursa.redisUrl,
    };
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command], { env, encoding: "utf8" });
    return { status, output: `${stdout}${stderr}` };
  }
});
