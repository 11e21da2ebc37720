// The architecture in CONTRIBUTING.md, proven on every source file. tests/architecture-rules.test.ts proves the rules.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { checkBudgets } from "./architecture/budgets.ts";
import { checkCycles } from "./architecture/cycles.ts";
import { checkDeclarations, checkOneImporter } from "./architecture/dependencies.ts";
import { checkDirection } from "./architecture/direction.ts";
import { checkEnvironment } from "./architecture/environment.ts";
import { applyExceptions, exceptions } from "./architecture/exceptions.ts";
import { loadPackages, loadSources } from "./architecture/source-file.ts";
import { checkSyntax } from "./architecture/syntax.ts";

const root = resolve(import.meta.dirname, "..");
const files = loadSources(root);
const packages = loadPackages(root);
const docsPath = resolve(root, "docs/configuration.md");
const docs = existsSync(docsPath) ? readFileSync(docsPath, "utf8") : "";

const violations = [
  ...files.flatMap(checkDirection),
  ...checkDeclarations({ files, packages }),
  ...checkOneImporter(files),
  ...checkCycles(files),
  ...files.flatMap(checkSyntax),
  ...files.flatMap(checkBudgets),
  ...checkEnvironment(files, docs),
];
const open = applyExceptions(violations, exceptions);

test.each([
  ["direction", "imports go contracts <- libs <- services and never between services"],
  ["declared", "packages declare exactly what they import"],
  ["one-importer", "each outside package has one importer"],
  ["cycle", "nothing imports itself by way of others"],
  ["syntax", "no default exports, re-exports, any, non-null assertions, enums or unexplained casts"],
  ["file-length", "files are at most 250 lines, tests 400, main.ts 60"],
  ["function-length", "functions are at most 50 lines"],
  ["nesting", "nesting is at most 2 levels, in tests 3"],
  ["parameters", "functions take at most 3 parameters"],
  ["environment", "environment variables are documented in docs/configuration.md"],
])("%s: %s", (rule) => {
  const report = open
    .filter((violation) => violation.rule === rule)
    .map(({ path, line, what }) => `${path}:${line}  ${what}`);
  expect(report.join("\n")).toBe("");
});

test("the project was read at all", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(packages.map(({ name }) => name)).toContain("@ursa/contracts");
});
