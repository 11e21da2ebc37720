// What packages declare equals what they import, and each outside package has one folder that knows it.
import { packageDirOf } from "./direction.ts";
import { type Import, listImports } from "./imports.ts";
import type { Package, SourceFile, Violation } from "./source-file.ts";

// zod describes data everywhere; a tfjs tensor crosses from tensor to classifier; the last three are tools, not parts.
const freePackages = ["zod", "@tensorflow/tfjs-core", "typescript", "vitest", "playwright-core"];

export type Project = { files: SourceFile[]; packages: Package[] };

type NamedImport = Extract<Import, { packageName: string }>;

/** An import without a declaration works only as long as npm happens to hoist; a declaration without an import misleads. */
export function checkDeclarations({ files, packages }: Project): Violation[] {
  return packages.flatMap((one) => {
    const own = files.filter((file) => packageOf(file.path, packages) === one);
    return [...own.flatMap((file) => findUndeclared(file, one)), ...findUnused(own, one)];
  });
}

export function checkOneImporter(files: SourceFile[]): Violation[] {
  const sites = files.flatMap((file) =>
    namedImports(file)
      .filter(({ kind, packageName }) => kind === "outside" && !freePackages.includes(packageName))
      .map((one) => ({ file, line: one.line, packageName: one.packageName, unit: packageDirOf(file.path) })),
  );
  const byPackage = Map.groupBy(sites, (site) => site.packageName);
  return [...byPackage].flatMap(([packageName, uses]) => {
    const units = [...new Set(uses.map((use) => use.unit))].sort();
    if (units.length < 2) return [];
    const what = `${packageName} has ${units.length} importers: ${units.join(", ")}`;
    return uses.map((use) => ({ rule: "one-importer", path: use.file.path, line: use.line, what }));
  });
}

function findUndeclared(file: SourceFile, { dir, name, dependencies, devDependencies }: Package): Violation[] {
  // Tests use the shared test parts and tools of the repository; programs do not.
  const forTests = file.isTest ? ["@ursa/testing", "vitest", ...devDependencies] : [];
  // What stands beside src builds it and is in no image.
  const forBuilding = file.path.startsWith(`${dir}/src/`) ? [] : devDependencies;
  const declared = [name, ...dependencies, ...forTests, ...forBuilding];
  return namedImports(file)
    .filter(({ kind, packageName }) => !declared.includes(packageName) && !(dir === "." && kind === "workspace"))
    .map(({ line, packageName }) => {
      const what = `${packageName} is not among the dependencies of ${dir}/package.json`;
      return { rule: "declared", path: file.path, line, what };
    });
}

function findUnused(own: SourceFile[], { dir, manifest, dependencies }: Package): Violation[] {
  const used = new Set(own.flatMap((file) => namedImports(file).map(({ packageName }) => packageName)));
  const lines = manifest.split("\n");
  return dependencies
    .filter((dependency) => !used.has(dependency))
    .map((dependency) => ({
      rule: "declared",
      path: `${dir}/package.json`,
      line: lines.findIndex((line) => line.includes(`"${dependency}"`)) + 1,
      what: `${dependency} is declared and never imported`,
    }));
}

// The one named package a folder outside of any workspace belongs to is the repository.
function packageOf(path: string, packages: Package[]): Package | undefined {
  return packages.find(({ dir }) => path.startsWith(`${dir}/`)) ?? packages.find(({ dir }) => dir === ".");
}

function namedImports(file: SourceFile): NamedImport[] {
  return listImports(file).filter((one): one is NamedImport => one.kind === "outside" || one.kind === "workspace");
}
