// Every environment variable that a process reads is documented, and every documented one is read.
import ts from "typescript";
import { type SourceFile, type Violation, violationAt, walk } from "./source-file.ts";

const rule = "environment";
const docsPath = "docs/configuration.md";
const variable = /\bURSA_[A-Z0-9_]*[A-Z0-9]\b/g;

export function checkEnvironment(files: SourceFile[], docs: string): Violation[] {
  const documented = new Set(docs.match(variable));
  const undocumented = files
    .filter(isProgram)
    .flatMap(findVariables)
    .filter(({ name }) => !documented.has(name))
    .map(({ file, node, name }) => violationAt(file, node, { rule, what: `${name} is not in ${docsPath}` }));
  // Documentation may name what only tests and tools read.
  const read = new Set(files.flatMap(findVariables).map(({ name }) => name));
  const isRead = (name: string) => read.has(name) || read.has(name.replace(/_FILE$/, "")); // a secret's file stands for it
  const stale = [...documented].filter((name) => !isRead(name)).map((name) => staleAt(docs, name));
  return [...undocumented, ...stale];
}

function isProgram({ path, isTest }: SourceFile): boolean {
  return /^(libs|services|cli)\//.test(path) && !path.startsWith("libs/testing/") && !isTest;
}

// A schema names a variable as a key, other code as a property or a string; each is one token.
function findVariables(file: SourceFile): { file: SourceFile; node: ts.Node; name: string }[] {
  return [...walk(file.ast)].flatMap((node) => {
    const isToken = ts.isIdentifier(node) || ts.isStringLiteralLike(node);
    return isToken && node.text.match(variable)?.[0] === node.text ? [{ file, node, name: node.text }] : [];
  });
}

function staleAt(docs: string, name: string): Violation {
  const line = docs.split("\n").findIndex((text) => text.includes(name)) + 1;
  return { rule, path: docsPath, line, what: `${name} is documented and never read` };
}
