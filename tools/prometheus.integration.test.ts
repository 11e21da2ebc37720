// What Prometheus' own tools say of our metrics, of deploy/prometheus, and of when each alert fires.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createMetrics } from "@ursa/service/metrics";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findAmtool, findPrometheus } from "@ursa/testing/find-prometheus";
import { expect, test } from "vitest";

const dir = resolve(import.meta.dirname, "../deploy/prometheus");
const filesIn = (folder: string) => readdirSync(join(dir, folder)).map((name) => join(dir, folder, name));

const programs = await findPrometheus();
if (!programs) reportAbsentPart("Prometheus was not found, so promtool checked neither alerts nor metrics.");

const amtool = await findAmtool();
if (!amtool) reportAbsentPart("amtool was not found, so alertmanager's configuration was not checked.");

const promtool = (args: string[], input?: string) => run(programs?.promtool ?? "", args, input);

/** Its output, with the exit code in front where that is not 0. */
function run(program: string, args: string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  return `${status === 0 ? "" : `exit ${status}: `}${stdout}${stderr}`;
}

test.skipIf(!programs)("the configuration and the rules are well-formed", () => {
  expect(promtool(["check", "config", join(dir, "prometheus.yml")])).toMatch(/SUCCESS/);
  expect(promtool(["check", "rules", "--lint=all", "--lint-fatal", ...filesIn("rules")])).toMatch(
    /SUCCESS: \d\d rules/,
  );
});

test.skipIf(!amtool)("alertmanager's configuration is well-formed, and each alert finds its receiver", () => {
  const config = join(dir, "alertmanager.yml");
  expect(run(amtool ?? "", ["check-config", config])).toMatch(/SUCCESS[\s\S]* 2 receivers/);
  const receiverOf = (alert: string) =>
    run(amtool ?? "", ["config", "routes", "test", `--config.file=${config}`, `alertname=${alert}`]).split("\n")[0];
  expect(receiverOf("Watchdog")).toBe("heartbeat");
  expect(receiverOf("RedisDown")).toBe("team");
});

test.skipIf(!programs).each(filesIn("tests").map((path) => ({ path, name: path.slice(dir.length + 7) })))(
  "$name: it fires when it should, and only then",
  ({ path }) => {
    expect(promtool(["test", "rules", path])).toMatch(/^Unit Testing: .*\n {2}SUCCESS/);
  },
);

test.skipIf(!programs)("the names, types and help of Ursa's metrics are what Prometheus asks for", async () => {
  const lines = (await createMetrics("api").render()).split("\n");
  // prom-client's own have gauges that end in _total.
  const ours = lines.filter((line) => /^(# (HELP|TYPE) )?ursa_/.test(line));
  expect(ours.length).toBeGreaterThan(80);
  expect(promtool(["check", "metrics"], `${ours.join("\n")}\n`)).toBe("");
});
