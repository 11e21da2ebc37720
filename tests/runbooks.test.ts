// Every alert has a page, and what the pages tell an operator to type exists.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { QUEUE_NAMES } from "@ursa/contracts/queues";
import { createMetrics } from "@ursa/service/metrics";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findPrometheus } from "@ursa/testing/find-prometheus";
import { expect, test } from "vitest";
import { createProgram } from "../cli/src/program.ts";

type Command = ReturnType<typeof createProgram>;

const root = resolve(import.meta.dirname, "..");
const dir = join(root, "docs/runbooks");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const alerts = [...read("deploy/prometheus/rules/ursa.yml").matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);
const pages = readdirSync(dir).map((name) => ({ name, text: readFileSync(join(dir, name), "utf8") }));
/** Lines of code blocks, and code in the text. */
const code = pages.flatMap(({ name, text }) => {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`([^`]+)`/g)].map(([, piece = ""]) => piece);
  return [...blocks, ...inline].map((line) => ({ name, line }));
});

test("there is a page for each alert, and one for none that is not", () => {
  expect(pages.map(({ name }) => name).toSorted()).toEqual(
    [...alerts.map((name) => `${name}.md`), "README.md"].toSorted(),
  );
});

test.each(pages.filter(({ name }) => name !== "README.md"))(
  "$name says what it means, where to look and what to do",
  ({ name, text }) => {
    expect(text).toMatch(new RegExp(`^# ${name.replace(".md", "")}\n\n[A-Z]`));
    expect(text.match(/```sh\n/g)?.length).toBeGreaterThanOrEqual(1);
    if (name !== "Watchdog.md") for (const heading of ["\n## Look\n", "\n## Do\n"]) expect(text).toContain(heading);
    for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) expect(existsSync(join(dir, link)), link).toBe(true);
  },
);

const typed = code.filter(({ line }) => /^ursa [a-z]/.test(line) && line !== "ursa up");

test("pages tell operators to use the command line", () => expect(typed.length).toBeGreaterThan(15));

test.each(typed)("$name: `$line` is a command with arguments and options that it takes", async ({ line }) => {
  const words = line
    .replace(/ [|>].*/, "")
    .split(/\s+/)
    .slice(1);
  await expect(withoutActions(createProgram()).parseAsync(words, { from: "user" })).resolves.toBeDefined();
});

test("a command that does not exist would be noticed", async () => {
  for (const words of [["no-such-verb"], ["status", "--no-such-option"], ["dataset", "cancel"]])
    await expect(withoutActions(createProgram()).parseAsync(words, { from: "user" })).rejects.toThrow();
});

const promtool = (await findPrometheus())?.promtool;
if (!promtool) reportAbsentPart("promtool was not found, so the queries of the runbooks were not parsed.");

const queries = code.flatMap(({ name, line }) =>
  [...line.matchAll(/--data-urlencode 'query=([^']+)'/g)].map(([, expr = ""]) => ({ name, expr })),
);

test("pages ask Prometheus", () => expect(queries.length).toBeGreaterThan(20));

test.skipIf(!promtool)("every query of a page is PromQL", () => expect(faultsIn(queries)).toBe(""));

test.skipIf(!promtool)("a query that is none would be noticed", () => {
  const name = "Planted.md";
  expect(faultsIn([{ name, expr: "sum by (job (up)" }])).toContain("Planted:0");
  expect(faultsIn([{ name, expr: "rate(up)" }])).toContain("expected type range vector");
});

/** What Prometheus' own parser complains of, which checks expressions as those of rules. */
function faultsIn(asked: typeof queries): string {
  const folder = mkdtempSync(join(tmpdir(), "ursa-queries-"));
  // JSON is YAML. Each is a rule of its own name, so that none is another's double.
  const rules = asked.map(({ name, expr }, i) => ({ record: `${name.replace(".md", "")}:${i}`, expr }));
  const path = join(folder, "queries.yml");
  writeFileSync(path, JSON.stringify({ groups: [{ name: "runbooks", rules }] }));
  const { status, stdout, stderr } = spawnSync(promtool ?? "", ["check", "rules", path], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return status === 0 ? "" : `${stdout}${stderr}`;
}

test("queues and metrics that pages name exist", async () => {
  const told = await createMetrics("test").render();
  const families = new Set([...told.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
  const text = pages.map((page) => page.text).join("\n");
  for (const [metric] of text.matchAll(/\b(ursa|nodejs|process)_[a-z0-9_]+(?=[{)[ ])/g))
    expect(families, metric).toContain(metric.replace(/_(bucket|sum|count)$/, ""));
  for (const [, queue] of text.matchAll(/\bbull:(\w+):/g)) expect(QUEUE_NAMES).toContain(queue);
});

test("no page scales by hand what an autoscaler would scale back", () => {
  const scalers = read("deploy/k8s/overlays/prod/autoscalers.yaml").matchAll(/scaleTargetRef: .*name: ([\w-]+)\}/g);
  const scaled = [...scalers].map(([, name]) => name);
  expect(scaled).toEqual(["api", "inferer"]);
  // README.md has both, and says which is for whom.
  const onPages = code.filter(({ name }) => name !== "README.md");
  const byHand = ({ line }: { line: string }) => scaled.includes(/scale deploy\/([\w-]+)/.exec(line)?.[1] ?? "");
  expect(onPages.filter(byHand)).toEqual([]);
  const patches = onPages.flatMap(({ line }) => [...line.matchAll(/patch hpa ([\w-]+) -p '(.+)'/g)]);
  expect(patches.length).toBeGreaterThan(2);
  for (const [, name, patch = ""] of patches) {
    expect(scaled).toContain(name);
    expect(JSON.parse(patch)).toEqual({ spec: { minReplicas: expect.any(Number) } });
  }
});

test("what the commands take from the environment is set once, a key among it", () => {
  const readme = pages.find(({ name }) => name === "README.md")?.text ?? "";
  const set = [...readme.matchAll(/^export (\w+)=/gm)].map(([, name]) => name);
  const asked = code.flatMap(({ line }) => line.match(/(?<=\$)(?:URSA|PROMETHEUS)_\w+/g) ?? []);
  // A Redis of one's own may have an administrator, which its page says.
  expect(set.toSorted()).toEqual([...new Set([...asked, "URSA_KEY_FILE"])].toSorted());
});

test.each([
  { env: { URSA_ADMIN_KEY_FILE: "/admin/key" }, sent: "/admin/key" },
  { env: { URSA_ADMIN_KEY_FILE: "/admin/key", URSA_KEY_FILE: "/mine" }, sent: "/mine" },
  { env: { URSA_ADMIN_KEY_FILE: "/admin/key", URSA_KEY: "mine" }, sent: "none" },
  { env: {}, sent: "none" },
])("in the API's container with $env, `ursa` reads its key from $sent", ({ env, sent }) => {
  const script = read("deploy/docker/ursa").replace(
    "exec node /app/cli/src/main.ts",
    "echo $(printenv URSA_KEY_FILE || echo none)",
  );
  const { stdout } = spawnSync("sh", ["-c", script, "ursa", "status"], { env, encoding: "utf8" });
  expect(stdout).toBe(`${sent} status\n`);
});

/** Parses as the real one does, and then does nothing. */
function withoutActions(program: Command): Command {
  const silence = (command: Command) => {
    command.exitOverride().configureOutput({ writeErr() {}, writeOut() {} });
    if (command.commands.length === 0) command.action(() => {});
    command.commands.forEach(silence);
  };
  silence(program);
  return program;
}
