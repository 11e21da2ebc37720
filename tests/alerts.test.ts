// Every alert has a test that it fires and one that it does not.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const rules = read("deploy/prometheus/rules/ursa.yml")
  .split(/^ {6}- (?=alert: )/m)
  .slice(1);
const alerts = rules.map((text) => ({ name: /^alert: (\w+)$/m.exec(text)?.[1] ?? "", text }));
/** Fires whatever happens, so there is no silent case. */
const ALWAYS = "Watchdog";

test("there are the alerts that were asked for, each with a file of tests and no file too many", () => {
  expect(alerts.length).toBeGreaterThanOrEqual(16);
  const files = readdirSync(join(root, "deploy/prometheus/tests"));
  expect(files.toSorted()).toEqual(alerts.map(({ name }) => `${name}.yml`).toSorted());
});

test("pods are those of the namespace that deploy/k8s makes", () => {
  const [, namespace] = /^ {2}name: (\w+)$/m.exec(read("deploy/k8s/base/namespace.yaml")) ?? [];
  const named = alerts.flatMap(({ text }) => text.match(/kube_\w+\{namespace="\w+"/g) ?? []);
  expect(named).toEqual([`kube_pod_container_status_restarts_total{namespace="${namespace}"`]);
});

test.each(alerts)(
  "$name is tested firing and silent, and says how bad it is and where to read on",
  ({ name, text }) => {
    const cases = read(`deploy/prometheus/tests/${name}.yml`)
      .split(/^ {2}- name: /m)
      .slice(1);
    const isFiring = (one: string) => one.includes(`alertname: ${name}\n`) && one.includes("exp_labels:");
    const isSilent = (one: string) => one.includes(`alertname: ${name}, exp_alerts: []}`);
    expect(cases.some(isFiring), "a firing case").toBe(true);
    if (name !== ALWAYS) expect(cases.some(isSilent), "a silent case").toBe(true);
    expect(text).toMatch(/^ {8}labels: \{severity: (critical|warning|none)\}$/m);
    expect(text).toMatch(/^ {8}for: \d+m$/m);
    expect(text).toContain(`runbook_url: docs/runbooks/${name}.md`);
  },
);
