// Who may import whom: contracts <- libs <- services; cli and examples see contracts, their local parts and bench the libs.
import { type Import, listImports } from "./imports.ts";
import type { SourceFile, Violation } from "./source-file.ts";

const rule = "direction";

/** The part of the project a file belongs to, as the import rules see it. */
export function unitOf(path: string): string {
  if (path.startsWith("services/api/web/")) return "services/api/web";
  if (path.startsWith("examples/gallery/")) return "examples/gallery";
  if (path.startsWith("cli/src/local/")) return "cli/local";
  const [first = "", second = ""] = path.split("/");
  return first === "libs" || first === "services" ? `${first}/${second}` : first;
}

// The first pattern that fits a unit decides which units it may import.
const allowed: [from: RegExp, to: RegExp][] = [
  [/^libs\/contracts$/, /^$/],
  [/^libs\//, /^libs\//],
  [/^services\/api\/web$/, /^libs\/contracts$/],
  [/^services\//, /^libs\//],
  [/^cli\/local$/, /^libs\//],
  // The demo's pictures come from a server with planted faults, the one the tests use.
  [/^examples\/gallery$/, /^libs\/(contracts|testing)$/],
  [/^(cli|examples)$/, /^libs\/contracts$/],
  [/^bench$/, /^(libs\/|cli|examples)/],
  [/^tools$/, /^(libs|services)\//],
  [/^tests$/, /./],
];

// Parts that stand in for real ones; a service that ran on them would not be the real thing.
const mayUseTestParts = /^(cli\/local|examples\/gallery|bench|tests|tools|libs\/testing)$/;

export function checkDirection(file: SourceFile): Violation[] {
  return listImports(file).flatMap((one) => {
    const fault = faultOf(file, one);
    const what = `${unitOf(file.path)} imports ${one.specifier}: ${fault}`;
    return fault ? [{ rule, path: file.path, line: one.line, what }] : [];
  });
}

function faultOf(file: SourceFile, one: Import): string | undefined {
  if (one.kind === "workspace") return refuse(file, unitOfPackage(one.packageName));
  if (one.kind !== "relative") return undefined;
  const [from, to] = [packageDirOf(file.path), packageDirOf(one.path)];
  if (from === to) return undefined;
  return /^(libs|services|cli)/.test(from) ? `import what is outside of ${from} by its package name` : refuse(file, to);
}

function refuse(file: SourceFile, to: string): string | undefined {
  const from = unitOf(file.path);
  if (to === from || (to === "libs/testing" && file.isTest)) return undefined;
  if (to === "libs/testing" && !mayUseTestParts.test(from)) return "only tests and local commands may";
  const targets = allowed.find(([pattern]) => pattern.test(from))?.[1];
  return targets?.test(to) ? undefined : `it may import ${targets?.source === "^$" ? "nothing" : targets?.source}`;
}

const services = ["api", "downloader", "trainer", "inferer", "serve"];

function unitOfPackage(packageName: string): string {
  const name = packageName.replace("@ursa/", "");
  if (name === "cli") return "cli";
  return services.includes(name) ? `services/${name}` : `libs/${name}`;
}

/** The folder with the package, which a relative import must not leave. */
export function packageDirOf(path: string): string {
  const unit = unitOf(path);
  if (unit === "cli/local") return "cli";
  return unit === "examples/gallery" ? "examples" : unit;
}
