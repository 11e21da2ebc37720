// No file and no package imports itself by way of others.
import { packageDirOf } from "./direction.ts";
import { listImports } from "./imports.ts";
import type { SourceFile, Violation } from "./source-file.ts";

type Graph = Map<string, Set<string>>;

export function checkCycles(files: SourceFile[]): Violation[] {
  const fileGraph: Graph = new Map(files.map((file) => [file.path, new Set(importedPaths(file))]));
  // A test may use parts that themselves stand on what it tests; programs may not.
  const programs: Graph = new Map(
    files.filter(({ isTest }) => !isTest).map(({ path }) => [path, fileGraph.get(path) ?? new Set<string>()]),
  );
  return [...findCycles(fileGraph), ...findCycles(packageGraph(programs))].map((cycle) => ({
    rule: "cycle",
    path: cycle[0] ?? "",
    line: 1,
    what: cycle.join(" -> "),
  }));
}

function importedPaths(file: SourceFile): string[] {
  return listImports(file).flatMap((one) => {
    if (one.kind === "relative") return [one.path];
    if (one.kind !== "workspace") return [];
    const dir = one.packageName.replace("@ursa/", "");
    return [`libs/${dir}/src/${one.path}.ts`];
  });
}

// Two files of a package may import two of another, and back, without a cycle of files; the packages still have one.
function packageGraph(files: Graph): Graph {
  const packages: Graph = new Map();
  for (const [path, targets] of files) {
    const others = [...targets].map(packageDirOf).filter((dir) => dir !== packageDirOf(path));
    const known = packages.get(packageDirOf(path)) ?? [];
    packages.set(packageDirOf(path), new Set([...known, ...others]));
  }
  return packages;
}

/** Each cycle once, as the path around it. */
export function findCycles(graph: Graph): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (node: string, trail: string[]) => {
    const start = trail.indexOf(node);
    if (start >= 0) cycles.push([...trail.slice(start), node]);
    if (start >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return cycles;
}
