// `npm run mutation`: takes one check after the other out of a copy of Ursa and runs the test that walks all routes with all kinds of
// keys. It must pass on the copy as it is, and fail without any one of them; else this ends with 1.
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { parseSource } from "../architecture/source-file.ts";
import { CHECKS } from "./checks.ts";
import { deleteCheck } from "./delete-check.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ROUTES_TEST = "services/api/src/every-route.integration.test.ts";
const COPIED = ["libs", "services", "cli", "tests/chaos", "package.json", "tsconfig.json", "vitest.config.ts"];
/** Each route in each of its tests; a run that got to none of them has shown nothing. */
const MIN_TESTS = 250;
const LONGEST_MS = 180_000;

const reportSchema = z.object({
  numTotalTests: z.int(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ status: z.string(), title: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});
type Outcome = { total: number; passed: number; failed?: { title: string; reason: string } };

const copy = await realpath(await mkdtemp(join(tmpdir(), "ursa-mutation-")));
try {
  await copyTree();
  process.exitCode = (await tryAll()) ? 0 : 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}

/** Packages are those that are installed here, and Ursa's own are the copy's. */
async function copyTree(): Promise<void> {
  const filter = (path: string) => !/\/(node_modules|dist|\.ursa)$/.test(path);
  for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true, filter });
  const packages = join(copy, "node_modules");
  await mkdir(packages);
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    const [from, to] = [join(ROOT, "node_modules", name), join(packages, name)];
    if (name === "@ursa") await cp(from, to, { recursive: true, verbatimSymlinks: true });
    else if (!name.startsWith(".")) await symlink(from, to);
  }
}

async function tryAll(): Promise<boolean> {
  const whole = await walkRoutes();
  console.log(`as it is: ${whole.passed} of ${whole.total} pass`);
  if (whole.failed || whole.total < MIN_TESTS) return false;
  let noticed = 0;
  for (const check of CHECKS) {
    const path = join(copy, check.file);
    const text = await readFile(path, "utf8");
    const mutant = deleteCheck(parseSource(check.file, text), check);
    await writeFile(path, mutant.text);
    const { failed } = await walkRoutes(check.noticedBy);
    await writeFile(path, text);
    if (failed) noticed += 1;
    const told = failed ? `noticed by "${failed.title}": ${failed.reason}` : "NOT NOTICED";
    console.log(`without ${check.what} (${check.file}:${mutant.line}): ${told}`);
  }
  console.log(`${noticed} of ${CHECKS.length} deletions were noticed`);
  return noticed === CHECKS.length;
}

/** @param only the tests of this pattern, up to the first that fails. @throws Error where the test did not run to an end of its own */
async function walkRoutes(only?: string): Promise<Outcome> {
  const report = join(copy, "report.json");
  await rm(report, { force: true });
  const words = ["run", "--project", "integration", "--reporter", "json", "--outputFile", report, ROUTES_TEST];
  const { stderr, status } = spawnSync(
    process.execPath,
    [
      join(ROOT, "node_modules/vitest/vitest.mjs"),
      ...words,
      ...(only ? ["--bail", "1", "--testNamePattern", only] : []),
    ],
    { cwd: copy, encoding: "utf8", timeout: LONGEST_MS },
  );
  const text = await readFile(report, "utf8").catch(() => undefined);
  if (text === undefined || status === null) throw new Error(`The test did not come to its end:\n${stderr}`);
  const { numTotalTests: total, testResults } = reportSchema.parse(JSON.parse(text));
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const passed = results.filter((result) => result.status === "passed").length;
  const failed = results.find((result) => result.status === "failed");
  if (!failed && status !== 0) throw new Error(`It failed, and no test of it did:\n${stderr}`);
  if (!failed) return { total, passed };
  const reason = failed.failureMessages[0]?.split("\n")[0] ?? "";
  return { total, passed, failed: { title: failed.title, reason } };
}
