// The checks that need no test runner: style and types. Quiet when they pass, complete when they fail.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

type Check = { name: string; script: string; args: string[] };

/** @returns whether each check passed, in the order they were run */
export function runChecks({ fix = false } = {}): boolean[] {
  return [styleCheck(fix), ...typeChecks()].map(runCheck);
}

function styleCheck(fix: boolean): Check {
  const args = ["check", ...(fix ? ["--write"] : []), "."];
  return { name: "style", script: "@biomejs/biome/bin/biome", args };
}

// The web page has a configuration of its own, because it runs in a browser.
function typeChecks(): Check[] {
  const projects = ["tsconfig.json", "services/api/web/tsconfig.json"].filter((path) => existsSync(join(root, path)));
  return projects.map((project) => ({
    name: `types (${project})`,
    script: "typescript/bin/tsc",
    args: ["--noEmit", "--project", project],
  }));
}

function runCheck({ name, script, args }: Check): boolean {
  const startedAt = performance.now();
  const command = [join(root, "node_modules", script), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (status !== 0) process.stdout.write(`${stdout}${stderr}`);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  return status === 0;
}
