// A source without one of its checks.
import ts from "typescript";
import { type SourceFile, walk } from "../architecture/source-file.ts";
import type { Check } from "./checks.ts";

/** `line`: of the check in the source, from 1. */
export type Mutant = { text: string; line: number };

/** @throws Error unless the check is there exactly once */
export function deleteCheck({ path, ast }: SourceFile, check: Check): Mutant {
  const found = [...walk(ast)].filter((node) =>
    check.with ? isTaken(node, check.words) : isRefusal(node, check.words),
  );
  const [node, second] = found;
  if (!node || second)
    throw new Error(
      `${path} has ${found.length} checks with \`${check.words}\`, expected one: tests/mutation/checks.ts names it`,
    );
  const [start, end] = [node.getStart(ast), node.getEnd()];
  const whole = ast.text;
  const { line } = ast.getLineAndCharacterOfPosition(start);
  // A statement may be all that stands behind an `else` or a condition.
  return { text: whole.slice(0, start) + (check.with ?? "{}") + whole.slice(end), line: line + 1 };
}

/** An `if` without an `else` that does nothing but throw. */
function isRefusal(node: ts.Node, words: string): boolean {
  if (!ts.isIfStatement(node) || node.elseStatement) return false;
  const { thenStatement: then } = node;
  const last = ts.isBlock(then) ? then.statements.at(-1) : then;
  return last !== undefined && ts.isThrowStatement(last) && node.expression.getText().includes(words);
}

/** What a property is set to. */
function isTaken(node: ts.Node, expression: string): boolean {
  // Which the outermost node has not.
  const parent: ts.Node | undefined = node.parent;
  const isSet = parent !== undefined && ts.isPropertyAssignment(parent) && parent.initializer === node;
  return isSet && node.getText() === expression;
}
