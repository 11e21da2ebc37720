// What Prometheus' own tool says of our metrics, of deploy/prometheus, and of when each alert fires.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { createMetrics } from "@ursa/service/metrics";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findPrometheus } from "@ursa/testing/find-prometheus";
import { expect, test } from "vitest";

const dir = resolve(import.meta.dirname, "../deploy/prometheus");
const filesIn = (folder: string) => readdirSync(join(dir, folder)).map((name) => join(dir, folder, name));

const programs = await findPrometheus();
if (!programs) reportAbsentPart("Prometheus was not found, so promtool checked neither alerts nor metrics.");

/** Its output, with the exit code in front where that is not 0. */
function promtool(args: string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(programs?.promtool ?? "", args, { input, encoding: "utf8" });
  return `${status === 0 ? "" : `exit ${status}: `}${stdout}${stderr}`;
}

test.skipIf(!programs)("the configuration and the rules are well-formed", () => {
  expect(promtool(["check", "config", join(dir, "prometheus.yml")])).toMatch(/SUCCESS/);
  expect(promtool(["check", "rules", "--lint=all", "--lint-fatal", ...filesIn("rules")])).toMatch(
    /SUCCESS: \d\d rules/,
  );
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
