// Every environment variable that a process reads is documented, and every documented one is read.
import ts from "typescript";
import { type SourceFile, type Violation, violationAt, walk } from "./source-file.ts";

const docsPath = "docs/configuration.md";
const variable = /\bURSA_[A-Z0-9_]*[A-Z0-9]\b/g;

export function checkEnvironment(files: SourceFile[], docs: string): Violation[] {
  const documented = new Set(docs.match(variable));
  const programs = files.filter(({ path, isTest }) => /^(libs|services|cli)\//.test(path) && !isTest);
  const uses = programs.filter(({ path }) => !path.startsWith("libs/testing/")).flatMap(findVariables);
  const undocumented = uses
    .filter(({ name }) => !documented.has(name))
    .map(({ file, node, name }) =>
      violationAt(file, node, { rule: "environment", what: `${name} is not in ${docsPath}` }),
    );
  const used = new Set(uses.map(({ name }) => name));
  const stale = [...documented].filter((name) => !used.has(name)).map((name) => staleAt(docs, name));
  return [...undocumented, ...stale];
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
  return { rule: "environment", path: docsPath, line, what: `${name} is documented and never read` };
}
