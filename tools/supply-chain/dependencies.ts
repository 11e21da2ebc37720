// docs/dependencies.md says of each package that ours depend on why it is there. What it says of them as facts is what the lockfiles say.
// `node tools/supply-chain/dependencies.ts` writes the facts anew, with release dates from npm's registry; the reasons are written by hand.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { broughtBy, type Lock, readLock } from "./lockfile.ts";

const ROOT = resolve(import.meta.dirname, "../..");
export const PAGE = join(ROOT, "docs/dependencies.md");
/** The native engines have lockfiles of their own. */
export const LOCKFILES = ["package-lock.json", ...globSync("engines/*/package-lock.json", { cwd: ROOT }).sort()];
export const MANIFESTS = globSync(
  ["package.json", "cli/package.json", "{libs,services,engines}/*/package.json", "services/api/web/package.json"],
  { cwd: ROOT },
).sort();

export type Dependency = {
  name: string;
  version: string;
  /** The manifest that names it. */
  manifest: string;
  lock: Lock;
};
/** A row of the page, without the reasons. */
export type Facts = { name: string; version: string; licence: string; brings: string; script: string };
export type Row = Facts & { released: string; why: string; instead: string };

const names = z.record(z.string(), z.string()).default({});
const manifestSchema = z.looseObject({ dependencies: names, devDependencies: names, optionalDependencies: names });

/** Each outside package that a manifest names, once for each that does. */
export function directDependencies(): Dependency[] {
  const locks = new Map(LOCKFILES.map((path) => [dirname(path), readLock(join(ROOT, path))]));
  return MANIFESTS.flatMap((manifest) => {
    const { dependencies, devDependencies, optionalDependencies } = manifestSchema.parse(
      JSON.parse(readFileSync(join(ROOT, manifest), "utf8")),
    );
    const lock = locks.get(dirname(manifest)) ?? locks.get(".") ?? {};
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([name]) => !name.startsWith("@ursa/"))
      .map(([name, version]) => ({ name, version, manifest, lock }));
  });
}

export function factsOf({ name, version, lock }: Pick<Dependency, "name" | "version" | "lock">): Facts {
  const path = `node_modules/${name}`;
  const { needed, optional } = broughtBy(lock, path);
  const brings = optional.length > 0 ? `${needed.length}, ${optional.length} by platform` : `${needed.length}`;
  const { license: licence = "none said", hasInstallScript } = lock[path] ?? {};
  return { name, version, licence, brings, script: hasInstallScript ? "yes" : "no" };
}

const FACTS = ["version", "licence", "brings", "script"] as const satisfies (keyof Facts)[];
const ROW = /^\| \[([^\]]+)\]\(https:\/\/www\.npmjs\.com\/package\/[^)]+\) \| (.+) \|$/gm;

export function readRows(page: string): Row[] {
  return [...page.matchAll(ROW)].map(([, name = "", cells = ""]) => {
    const [version = "", licence = "", released = "", brings = "", script = "", why = "", instead = ""] = cells
      .split(" | ")
      .map((cell) => cell.trim());
    return { name, version, licence, released, brings, script, why, instead };
  });
}

/** What is wrong with the page, a sentence for each; empty when it tells of every package what the lockfiles tell. */
export function faultsOf(page: string, dependencies: readonly Dependency[]): string[] {
  const rows = readRows(page);
  const known = new Map(dependencies.map((each) => [each.name, factsOf(each)]));
  const missing = [...known.keys()].filter((name) => !rows.some((row) => row.name === name));
  return [
    ...missing.map((name) => `${name} has no row: say why it is there, and what else was looked at`),
    ...rows.flatMap((row) => faultsOfRow(row, known.get(row.name))),
  ];
}

function faultsOfRow(row: Row, facts: Facts | undefined): string[] {
  if (!facts) return [`${row.name} has a row, and no manifest names it`];
  const stale = FACTS.filter((fact) => row[fact] !== facts[fact]).map(
    (fact) => `${row.name}: the page says ${fact} ${row[fact]}, the lockfile ${facts[fact]}`,
  );
  const isDated = /^\d{4}-\d\d-\d\d$/.test(row.released);
  return [
    ...stale,
    ...(isDated ? [] : [`${row.name} has no date of its release`]),
    ...(row.why.length > 10 ? [] : [`${row.name} has no reason`]),
    ...(row.instead.length > 2 ? [] : [`${row.name} has nothing that it was chosen over`]),
  ];
}

/** The page with the lockfiles' facts; rows of packages that no manifest names stay as they are. */
export function withFacts(
  page: string,
  dependencies: readonly Dependency[],
  releasedOn: (facts: Facts) => string,
): string {
  const rows = new Map(readRows(page).map((row) => [row.name, row]));
  const known = new Map(dependencies.map((each) => [each.name, factsOf(each)]));
  return page.replace(ROW, (line, name: string) => {
    const [row, facts] = [rows.get(name), known.get(name)];
    if (!row || !facts) return line;
    const released = row.version === facts.version && row.released ? row.released : releasedOn(facts);
    const { version, licence, brings, script } = facts;
    const cells = [version, licence, released, brings, script, row.why, row.instead];
    return `| [${name}](https://www.npmjs.com/package/${name}) | ${cells.join(" | ")} |`;
  });
}

function askRegistry({ name, version }: Facts): string {
  const times = execFileSync("npm", ["view", name, "time", "--json"], { encoding: "utf8" });
  return z.record(z.string(), z.string()).parse(JSON.parse(times))[version]?.slice(0, 10) ?? "";
}

if (import.meta.main) {
  const dependencies = directDependencies();
  const page = withFacts(readFileSync(PAGE, "utf8"), dependencies, askRegistry);
  writeFileSync(PAGE, page);
  for (const fault of faultsOf(page, dependencies)) console.log(fault);
}
