// The checks that `npm run mutation` deletes are where it looks for them, and what it makes of a source is the source without one.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parseSource } from "./architecture/source-file.ts";
import { CHECKS } from "./mutation/checks.ts";
import { deleteCheck } from "./mutation/delete-check.ts";

test.each(CHECKS)("$what is checked in one place, and is deleted there", (check) => {
  const text = readFileSync(resolve(import.meta.dirname, "..", check.file), "utf8");
  const mutant = deleteCheck(parseSource(check.file, text), check);
  const { words } = check;
  expect(
    text
      .split("\n")
      .slice(mutant.line - 1, mutant.line + 2)
      .join("\n"),
  ).toContain(words);
  expect(mutant.text.split(words)).toSatisfy((parts: string[]) => parts.length < text.split(words).length);
});

const SOURCE = `
function admit(key) {
  if (key.revoked) throw new Error("revoked");
  if (key.expired) {
    const when = key.expired;
    throw new Error(when);
  }
  if (key.expired) return { id: key.id };
  return { id: key.id };
}
`;
const source = parseSource("a.ts", SOURCE);
const check = (words: string) => ({ what: "", file: "a.ts", words, noticedBy: "" });

test("what throws is deleted whole, what only returns is none, and a check that is not there once is told", () => {
  expect(deleteCheck(source, check("key.revoked"))).toEqual({
    line: 3,
    text: SOURCE.replace('if (key.revoked) throw new Error("revoked");', "{}"),
  });
  expect(deleteCheck(source, check("key.expired")).text).toMatch(
    /admit\(key\) \{\n {2}if \(key.revoked\).*\n {2}\{\}\n {2}if/,
  );
  expect(() => deleteCheck(source, check("key.forged"))).toThrow("a.ts has 0 checks with `key.forged`");
  expect(() => deleteCheck(source, { ...check("key.id"), with: "1" })).toThrow("has 2 checks");
  const one = parseSource("a.ts", "const who = { id: key.id };");
  expect(deleteCheck(one, { ...check("key.id"), with: "1" }).text).toBe("const who = { id: 1 };");
});
