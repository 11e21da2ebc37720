// Each rule of tests/architecture.test.ts shown able to fail: small wrong sources, and right ones beside them.
import { expect, test } from "vitest";
import { checkBudgets } from "./architecture/budgets.ts";
import { checkCycles, findCycles } from "./architecture/cycles.ts";
import { checkDeclarations, checkOneImporter } from "./architecture/dependencies.ts";
import { checkDirection } from "./architecture/direction.ts";
import { checkEnvironment } from "./architecture/environment.ts";
import { applyExceptions } from "./architecture/exceptions.ts";
import { parsePackage, parseSource } from "./architecture/source-file.ts";
import { checkSyntax } from "./architecture/syntax.ts";

const importing = (path: string, ...specifiers: string[]) =>
  parseSource(path, specifiers.map((specifier) => `import "${specifier}";`).join("\n"));

test.each([
  ["libs/contracts/src/a.ts", "@ursa/store/keys"],
  ["libs/store/src/a.ts", "@ursa/api/main"],
  ["libs/store/src/a.ts", "@ursa/testing/redis"],
  ["services/api/src/a.ts", "@ursa/trainer/main"],
  ["services/api/web/a.tsx", "@ursa/service/config"],
  ["cli/src/commands/a.ts", "@ursa/store/folder-store"],
  ["cli/src/a.ts", "@ursa/testing/redis"],
  ["examples/a.ts", "@ursa/classifier/predict"],
  ["libs/store/src/a.ts", "../../queue/src/worker.ts"],
  ["cli/src/a.ts", "../../libs/contracts/src/ids.ts"],
  ["bench/a.ts", "../services/api/src/main.ts"],
  ["tools/a.ts", "../bench/a.ts"],
])("%s must not import %s", (path, specifier) => {
  expect(checkDirection(importing(path, "node:fs", specifier))).toMatchObject([{ rule: "direction", path, line: 2 }]);
});

test.each([
  ["libs/store/src/a.ts", "@ursa/contracts/ids"],
  ["libs/catalog/src/a.ts", "@ursa/store/keys"],
  ["libs/store/src/a.test.ts", "@ursa/testing/redis"],
  ["services/api/src/a.ts", "@ursa/catalog/catalog"],
  ["services/api/web/a.tsx", "@ursa/contracts/client"],
  ["cli/src/commands/a.ts", "../local/up/up-command.ts"],
  ["cli/src/local/up/a.ts", "@ursa/testing/find-redis"],
  ["examples/gallery/a.ts", "@ursa/testing/image-server"],
  ["bench/a.ts", "../cli/src/local/up/supervisor.ts"],
  ["bench/a.ts", "@ursa/testing/redis"],
  ["tools/a.ts", "../services/api/src/config.ts"],
  ["tests/system/a.test.ts", "../../cli/src/local/up/supervisor.ts"],
])("%s may import %s", (path, specifier) => {
  expect(checkDirection(importing(path, specifier))).toEqual([]);
});

test("what builds a package may use its development dependencies, its source may not", () => {
  const manifest = JSON.stringify({ name: "@ursa/web", devDependencies: { vite: "8" } });
  const files = [importing("services/api/web/build.ts", "vite"), importing("services/api/web/src/a.ts", "vite")];
  expect(checkDeclarations({ files, packages: [parsePackage("services/api/web", manifest)] })).toMatchObject([
    { rule: "declared", path: "services/api/web/src/a.ts", line: 1 },
  ]);
});

test("an import without a declaration and a declaration without an import are found where they are", () => {
  const manifest = JSON.stringify(
    { name: "@ursa/store", dependencies: { minio: "8", "@ursa/service": "0.1.0" } },
    null,
    2,
  );
  const files = [
    importing("libs/store/src/a.ts", "minio", "@ursa/queue/worker"),
    importing("libs/store/src/a.test.ts", "vitest"),
  ];
  expect(checkDeclarations({ files, packages: [parsePackage("libs/store", manifest)] })).toEqual([
    {
      rule: "declared",
      path: "libs/store/src/a.ts",
      line: 2,
      what: "@ursa/queue is not among the dependencies of libs/store/package.json",
    },
    {
      rule: "declared",
      path: "libs/store/package.json",
      line: 5,
      what: "@ursa/service is declared and never imported",
    },
  ]);
});

test("a second importer of an outside package is found, by whatever syntax; the shared ones are free", () => {
  const files = [
    importing("libs/imaging/src/a.ts", "sharp", "zod"),
    importing("libs/imaging/src/b.ts", "sharp"),
    parseSource("libs/dataset/src/c.ts", `import "zod";\nconst sharp = await import("sharp/lib/index.js");`),
  ];
  const found = checkOneImporter(files);
  expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual([
    "libs/imaging/src/a.ts:1",
    "libs/imaging/src/b.ts:1",
    "libs/dataset/src/c.ts:2",
  ]);
  expect(found[0]?.what).toBe("sharp has 2 importers: libs/dataset, libs/imaging");
  expect(checkOneImporter(files.slice(0, 2))).toEqual([]);
});

test("a cycle of files and one of packages are found, with the way around", () => {
  const fileCycle = [importing("libs/a/src/x.ts", "./y.ts"), importing("libs/a/src/y.ts", "./x.ts")];
  expect(checkCycles(fileCycle).map(({ what }) => what)).toEqual([
    "libs/a/src/x.ts -> libs/a/src/y.ts -> libs/a/src/x.ts",
  ]);
  const packageCycle = [importing("libs/a/src/x.ts", "@ursa/b/y"), importing("libs/b/src/z.ts", "@ursa/a/w")];
  expect(checkCycles(packageCycle).map(({ what }) => what)).toEqual(["libs/a -> libs/b -> libs/a"]);
});

test("a graph without a cycle has none, though two ways lead to the same node", () => {
  const graph = new Map([
    ["a", new Set(["b", "c"])],
    ["b", new Set(["d"])],
    ["c", new Set(["d"])],
  ]);
  expect(findCycles(graph)).toEqual([]);
});

test.each([
  ["export default 1;", "default export"],
  ["export default function run() {}", "default export"],
  ["const a = 1;\nexport { a as default };", "default export"],
  [`export * from "./b.ts";`, "re-exports"],
  [`export { b } from "./b.ts";`, "re-exports"],
  ["let a: any;", "any"],
  ["function f(a: Map<string, any[]>) {}", "any"],
  ["const b = a!;", "non-null"],
  ["enum Colour { Black }", "enum"],
  ["const a = b as string;", "cast"],
])("%j is refused", (text, what) => {
  const found = checkSyntax(parseSource("libs/a/src/x.ts", text));
  expect(found).toMatchObject([{ rule: "syntax", what: expect.stringContaining(what) }]);
});

test.each([
  "export const a = 1;",
  "const a = [1] as const;",
  "// the schema above allows nothing else\nconst a = b as string;",
  "const a = b as string; // parsed two lines up",
  "const isSure = !a;",
  `const text = "any";`,
])("%j is fine", (text) => {
  expect(checkSyntax(parseSource("libs/a/src/x.ts", text))).toEqual([]);
});

const lines = (count: number) => "x();\n".repeat(count);

test.each([
  ["libs/a/src/x.ts", lines(251), "file-length"],
  ["libs/a/src/x.test.ts", lines(401), "file-length"],
  ["services/api/src/main.ts", lines(61), "file-length"],
  ["libs/a/src/x.ts", `function f() {\n${lines(49)}}`, "function-length"],
  ["libs/a/src/x.ts", `const f = () => {\n${lines(49)}};`, "function-length"],
  ["libs/a/src/x.ts", "function f() { for (;;) { try { if (a) b(); } catch {} } }", "nesting"],
  ["libs/a/src/x.test.ts", "function f() { while (a) { if (b) { if (c) { if (d) e(); } } } }", "nesting"],
  ["libs/a/src/x.ts", "const f = (a, b, c, d) => a;", "parameters"],
])("%s over its budget is found (%#)", (path, text, rule) => {
  expect(checkBudgets(parseSource(path, text))).toMatchObject([{ rule, path }]);
});

test.each([
  ["libs/a/src/x.ts", lines(250)],
  ["libs/a/src/x.test.ts", lines(400)],
  ["libs/a/src/x.ts", `function f() {\n${lines(48)}\n\n\n}`],
  ["libs/a/src/x.ts", "if (a) { if (b) c(); else if (d) e(); else if (f) g(); }"],
  ["libs/a/src/x.ts", "function f() { if (a) { if (b) c(() => { if (d) { if (e) g(); } }); } }"],
])("%s within its budget is not (%#)", (path, text) => {
  expect(checkBudgets(parseSource(path, text))).toEqual([]);
});

test("an undocumented variable is found where it is read, a stale one where it is documented", () => {
  const files = [
    parseSource("libs/service/src/config.ts", "const schema = { URSA_PORT: 1 };"),
    parseSource("services/api/src/a.ts", `const a = process.env.URSA_SECRET;\nconst b = process.env["URSA_OTHER"];`),
    parseSource("libs/testing/src/a.ts", "const a = process.env.URSA_TEST_ONLY;"),
  ];
  expect(
    checkEnvironment(files, "Settings\n| `URSA_PORT` | `URSA_GONE` |").map(
      ({ path, line, what }) => `${path}:${line} ${what}`,
    ),
  ).toEqual([
    "services/api/src/a.ts:1 URSA_SECRET is not in docs/configuration.md",
    "services/api/src/a.ts:2 URSA_OTHER is not in docs/configuration.md",
    "docs/configuration.md:2 URSA_GONE is documented and never read",
  ]);
});

test("an exception needs a reason and a violation that it covers", () => {
  const violation = { rule: "nesting", path: "libs/a/src/x.ts", line: 3, what: "4 levels" };
  const reason = "The four nested loops are the published algorithm, line by line.";
  expect(applyExceptions([violation], [{ rule: "nesting", path: violation.path, reason }])).toEqual([]);
  expect(applyExceptions([violation], [{ rule: "nesting", path: violation.path, reason: "needed" }])).toMatchObject([
    { what: "exception without a reason" },
  ]);
  expect(applyExceptions([], [{ rule: "nesting", path: violation.path, reason }])).toMatchObject([
    { what: "exception that is no longer needed" },
  ]);
});
