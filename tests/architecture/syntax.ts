// Syntax the project does without: default exports, barrels, any, non-null assertions, enums, casts without a reason.
import ts from "typescript";
import { lineOf, type SourceFile, type Violation, violationAt, walk } from "./source-file.ts";

export function checkSyntax(file: SourceFile): Violation[] {
  return [...walk(file.ast)].flatMap((node) => {
    const what = faultOf(node, file);
    return what ? [violationAt(file, node, { rule: "syntax", what })] : [];
  });
}

function faultOf(node: ts.Node, file: SourceFile): string | undefined {
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) return "re-exports another module: import it where it is";
  if (isDefaultExport(node) && !file.path.endsWith(".config.ts")) return "default export: name it";
  if (node.kind === ts.SyntaxKind.AnyKeyword) return "any: use unknown and parse, or the real type";
  if (ts.isNonNullExpression(node)) return "non-null assertion: handle the missing value";
  if (ts.isEnumDeclaration(node)) return "enum: use a union of literals";
  if (isUnexplainedCast(node, file)) return "cast without a comment that says why it is true";
  return undefined;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
}

function isUnexplainedCast(node: ts.Node, file: SourceFile): boolean {
  if (file.isTest || !ts.isAsExpression(node) || ts.isConstTypeReference(node.type)) return false;
  // The comment stands on the cast's own line, inside the statement before it, or above the statement.
  const statement =
    ts.findAncestor(node, (ancestor) => ts.isStatement(ancestor) || ts.isClassElement(ancestor)) ?? node;
  const end = file.ast.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
  return !file.lines.slice(Math.max(0, lineOf(file, statement) - 2), end).some((line) => /\/\/|\/\*|^\s*\*/.test(line));
}
