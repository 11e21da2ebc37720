// The project as the rules see it: every hand-written source file, parsed, and what each package declares.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import ts from "typescript";

export type SourceFile = {
  /** Relative to the repository, with slashes. */
  path: string;
  ast: ts.SourceFile;
  lines: string[];
  isTest: boolean;
};

export type Package = {
  /** Its folder, such as `libs/store`; the repository itself is `.`. */
  dir: string;
  name: string;
  manifest: string;
  dependencies: string[];
  devDependencies: string[];
};

export type Violation = { rule: string; path: string; line: number; what: string };

const sourceDirs = ["libs", "services", "cli", "bench", "examples", "tests", "tools"];
const extensions = [".ts", ".tsx", ".mts", ".mjs", ".js"];
const skippedDirs = ["node_modules", "dist", "fixtures"];

export function parseSource(path: string, text: string): SourceFile {
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const isTest = path.startsWith("tests/") || /\.(test|bench|conformance|fixture)\.tsx?$/.test(path);
  return { path, ast, lines: text.trimEnd().split("\n"), isTest };
}

export function loadSources(root: string): SourceFile[] {
  const paths = sourceDirs.flatMap((dir) => listSources(root, dir));
  return paths.map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

export function loadPackages(root: string): Package[] {
  const workspaces = ["libs", "services"].flatMap((dir) => listDirs(root, dir));
  // A package within another comes first: a file belongs to the innermost.
  const dirs = [".", "cli", "services/api/web", ...workspaces].filter((dir) =>
    existsSync(join(root, dir, "package.json")),
  );
  return dirs.map((dir) => parsePackage(dir, readFileSync(join(root, dir, "package.json"), "utf8")));
}

export function parsePackage(dir: string, manifest: string): Package {
  const { name, dependencies = {}, devDependencies = {} } = JSON.parse(manifest);
  return {
    dir,
    name,
    manifest,
    dependencies: Object.keys(dependencies),
    devDependencies: Object.keys(devDependencies),
  };
}

/** A violation at the place of `node`. */
export function violationAt(
  file: SourceFile,
  node: ts.Node,
  { rule, what }: { rule: string; what: string },
): Violation {
  return { rule, path: file.path, line: lineOf(file, node), what };
}

export function lineOf(file: SourceFile, node: ts.Node): number {
  return file.ast.getLineAndCharacterOfPosition(node.getStart(file.ast)).line + 1;
}

/** Every node of the file, outermost first. */
export function* walk(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* walk(child);
}

function listSources(root: string, dir: string): string[] {
  if (!existsSync(join(root, dir))) return [];
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory()) return skippedDirs.includes(entry.name) ? [] : listSources(root, path);
    return extensions.includes(extname(entry.name)) ? [path] : [];
  });
}

function listDirs(root: string, dir: string): string[] {
  const entries = readdirSync(join(root, dir), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${dir}/${entry.name}`);
}
