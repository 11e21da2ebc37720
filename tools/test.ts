// `npm test`: style, types, unit and integration tests. `npm run test:system` (argument `system`): all of Ursa at once, also on a
// Kubernetes where one can be had. `npm run test:cluster` (argument `cluster`): that alone, on the one that KUBECONFIG names,
// which no other command touches.
// Ends with one line of counts; further arguments go to vitest, such as a part of a file name.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findRedis } from "@ursa/testing/find-redis";
import { runChecks } from "./checks.ts";
import { addTallies, closingLine, nothing, type Tally, tallyReport } from "./tally.ts";

/** Vitest would leave one of two cores free; most integration tests wait for other processes rather than for a core. The system tests, which fill the machine, keep its choice. */
const FILES_AT_ONCE = Math.max(2, availableParallelism() - 1);

const root = resolve(import.meta.dirname, "..");
const [, , tier] = process.argv;
const isNamed = tier === "system" || tier === "cluster";
const filters = process.argv.slice(isNamed ? 3 : 2);

const tallies = isNamed ? await runNamed(tier) : await runTests();
finish(addTallies(tallies));

async function runTests(): Promise<Tally[]> {
  const checks = runChecks().map(tallyOf);
  const hasRedis = await prepareRedis();
  const projects = hasRedis ? ["unit", "integration"] : ["unit"];
  return [...checks, tallyOf(hasRedis), await runVitest(projects, { filesAtOnce: FILES_AT_ONCE })];
}

async function runNamed(name: "system" | "cluster"): Promise<Tally[]> {
  // The cluster brings its own Redis.
  if (name === "cluster") return [await runVitest(["cluster"], { env: { URSA_TEST_CLUSTER: "named" } })];
  const hasRedis = await prepareRedis();
  return [tallyOf(hasRedis), await runVitest(hasRedis ? ["system", "cluster"] : ["cluster"])];
}

// Once, before the test processes each try.
async function prepareRedis(): Promise<boolean> {
  try {
    await findRedis({ say: console.log });
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

type VitestOptions = { filesAtOnce?: number; env?: Record<string, string> };

async function runVitest(projects: string[], { filesAtOnce, env }: VitestOptions = {}): Promise<Tally> {
  const dir = mkdtempSync(join(tmpdir(), "ursa-test-"));
  const reportPath = join(dir, "report.json");
  const absentPath = join(dir, "absent.txt");
  writeFileSync(absentPath, "");
  const args = [
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportPath}`,
    "--passWithNoTests",
    ...(filesAtOnce ? [`--maxWorkers=${filesAtOnce}`] : []),
    ...filters,
  ];
  const child = spawn(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: root,
    env: { ...process.env, ...env, URSA_TEST_ABSENT_FILE: absentPath },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  sayOnce(readFileSync(absentPath, "utf8"));
  const tally = readTally(reportPath, code ?? 1);
  rmSync(dir, { recursive: true });
  return tally;
}

// Without a report vitest itself went wrong, and has said how.
function readTally(reportPath: string, exitCode: number): Tally {
  try {
    return tallyReport(readFileSync(reportPath, "utf8"), exitCode);
  } catch {
    return tallyOf(false);
  }
}

function sayOnce(text: string): void {
  for (const sentence of new Set(text.split("\n").filter(Boolean))) console.log(sentence);
}

function tallyOf(hasPassed: boolean): Tally {
  return hasPassed ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

// .ci/run adds up several runs and prints the line itself.
function finish(tally: Tally): void {
  const tallyPath = process.env.URSA_TEST_TALLY_FILE;
  if (tallyPath) writeFileSync(tallyPath, `${tally.passed} ${tally.failed} ${tally.skipped}\n`);
  else console.log(closingLine(tally));
  process.exitCode = tally.failed === 0 ? 0 : 1;
}
