// Sizes that keep a file readable at one sitting: lines, function length, nesting and parameters.
import ts from "typescript";
import { type SourceFile, type Violation, violationAt, walk } from "./source-file.ts";

const maxLines = 250;
const maxTestLines = 400;
const maxMainLines = 60;
const maxFunctionLines = 50;
const maxNesting = 2;
const maxTestNesting = 3;
const maxParameters = 3;
const maxTestParameters = 6; // a row of a table of cases arrives as parameters

export function checkBudgets(file: SourceFile): Violation[] {
  const functions = [...walk(file.ast)].filter(ts.isFunctionLike).filter(hasBody);
  return [...checkFileLength(file), ...functions.flatMap((one) => checkFunction(file, one))];
}

function checkFileLength(file: SourceFile): Violation[] {
  const isMain = file.path.endsWith("/main.ts");
  const limit = isMain ? maxMainLines : file.isTest ? maxTestLines : maxLines;
  const length = file.lines.length;
  return length > limit
    ? [{ rule: "file-length", path: file.path, line: limit + 1, what: `${length} lines, ${limit} allowed` }]
    : [];
}

function checkFunction(file: SourceFile, one: ts.SignatureDeclaration): Violation[] {
  const nestingLimit = file.isTest ? maxTestNesting : maxNesting;
  const parameterLimit = file.isTest ? maxTestParameters : maxParameters;
  const nesting = nestingOf(one);
  const parameters = one.parameters.filter(({ name }) => name.getText(file.ast) !== "this").length;
  // A test file is a list of stories; how long one is, its file length bounds.
  const length = file.isTest ? 0 : lengthOf(file, one);
  const faults = [
    length > maxFunctionLines && { rule: "function-length", what: `${length} lines, ${maxFunctionLines} allowed` },
    nesting > nestingLimit && { rule: "nesting", what: `${nesting} levels of nesting, ${nestingLimit} allowed` },
    parameters > parameterLimit && { rule: "parameters", what: `${parameters} parameters, ${parameterLimit} allowed` },
  ];
  return faults.filter((fault) => fault !== false).map((fault) => violationAt(file, one, fault));
}

/** Lines from the function's first to its last, blank ones excepted. */
function lengthOf(file: SourceFile, one: ts.Node): number {
  const text = one.getText(file.ast);
  return text.split("\n").filter((line) => line.trim() !== "").length;
}

/** Depth of if, for, while, switch and try inside one function; a function within starts anew, `else if` adds nothing. */
function nestingOf(node: ts.Node): number {
  let deepest = 0;
  ts.forEachChild(node, (child) => {
    const inside = ts.isFunctionLike(child) ? 0 : nestingOf(child) + (nests(child) ? 1 : 0);
    deepest = Math.max(deepest, inside);
  });
  return deepest;
}

function nests(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) return !(ts.isIfStatement(node.parent) && node.parent.elseStatement === node);
  return ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isTryStatement(node);
}

function hasBody(node: ts.SignatureDeclaration): boolean {
  return "body" in node && node.body !== undefined;
}
