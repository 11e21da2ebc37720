// Names as hostile as an API may hold them, on a terminal.
import { expect, test } from "vitest";
import { table } from "./print.ts";
import { visible, visibleJson, visibleLine } from "./visible.ts";

test.each([
  ["a title that a terminal would take over", "\u001b]0;owned\u0007", "\\u001b]0;owned\\u0007"],
  ["a screen that is wiped", "\u001b[2J\u001b[Hbear", "\\u001b[2J\\u001b[Hbear"],
  ["a command in one character", "\u009b31mbear", "\\u009b31mbear"],
  ["hidden text", "\u001b[8mbear", "\\u001b[8mbear"],
  ["a line that is written over", "ready\rfailed", "ready\\u000dfailed"],
  ["text that is turned", "photo\u202egpj.exe", "photo\\u202egpj.exe"],
  ["a NUL", "a\u0000b", "a\\u0000b"],
  ["a line of another kind", "a\u2028b", "a\\u2028b"],
])("%s is written out", (_what, hostile, shown) => {
  expect(visible(hostile)).toBe(shown);
  expect(visibleLine(hostile)).toBe(shown);
});

test("what is only text stays: any script, families of emoji, formulas, lines, and the colours of charts", () => {
  for (const text of [
    "teddy bär",
    "熊",
    "👩‍👩‍👧",
    "=HYPERLINK(1)",
    "$(touch x)",
    "<b>",
    "a\n\tb",
    "\u001b[36m⠒\u001b[39m",
  ])
    expect(visible(text)).toBe(text);
});

test("a cell is one line, whatever its text", () => {
  const lines = table(["name", "state"], [["bear\nds_1  ready\u001b[1A", "failed"]]).split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[2]).toBe("bear\\u000ads_1  ready\\u001b[1A  failed");
});

test("JSON says the same, without anything to obey", () => {
  const value = { name: "a\u009b31m\u202eb\u001b[36m\n", class: "bär" };
  const shown = visibleJson(JSON.stringify(value));
  expect(shown).toBe('{"name":"a\\u009b31m\\u202eb\\u001b[36m\\n","class":"bär"}');
  expect(JSON.parse(shown)).toEqual(value);
});
