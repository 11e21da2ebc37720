// What a file imports, by any syntax: statements, re-exports, import() and import types.
import { posix } from "node:path";
import ts from "typescript";
import { lineOf, type SourceFile, walk } from "./source-file.ts";

export type Import = { specifier: string; line: number } & (
  | { kind: "builtin" }
  | { kind: "outside"; packageName: string }
  | { kind: "workspace"; packageName: string; path: string }
  | { kind: "relative"; path: string }
);

const cache = new WeakMap<SourceFile, Import[]>();

export function listImports(file: SourceFile): Import[] {
  const known = cache.get(file) ?? findImports(file);
  cache.set(file, known);
  return known;
}

function findImports(file: SourceFile): Import[] {
  return [...walk(file.ast)].flatMap((node) => {
    const literal = specifierOf(node);
    if (!literal || !ts.isStringLiteralLike(literal)) return [];
    return [classify(file.path, literal.text, lineOf(file, literal))];
  });
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? node.arguments[0] : undefined;
}

function classify(from: string, specifier: string, line: number): Import {
  if (specifier.startsWith("node:")) return { kind: "builtin", specifier, line };
  if (specifier.startsWith(".")) {
    return { kind: "relative", specifier, line, path: posix.join(posix.dirname(from), specifier) };
  }
  const [first = "", second = "", ...rest] = specifier.split("/");
  const packageName = first.startsWith("@") ? `${first}/${second}` : first;
  if (first === "@ursa") return { kind: "workspace", packageName, specifier, line, path: rest.join("/") };
  return { kind: "outside", packageName, specifier, line };
}
