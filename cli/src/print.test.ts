// Tables and bars as people see them.
import { expect, test } from "vitest";
import { bars, percent, table } from "./print.ts";

test("columns are as wide as their widest cell, and numbers stand to the right", () => {
  expect(
    table(
      ["class", "n", "error"],
      [
        ["black", "9", "1.0 %"],
        ["teddy bär", "1,000", "12.5 %"],
      ],
    ),
  ).toBe(
    [
      "class          n   error",
      "─────────  ─────  ──────",
      "black          9   1.0 %",
      "teddy bär  1,000  12.5 %",
    ].join("\n"),
  );
});

test("a table without rows has its head", () => {
  expect(table(["id", "state"], [])).toBe("id  state\n──  ─────");
});

test("lines do not end in blanks, and an absent cell is empty", () => {
  expect(table(["id", "name"], [["ds_1", ""], ["ds_2"]])).toBe("id    name\n────  ────\nds_1\nds_2");
});

test("bars are as long as their probability, aligned, with names of any script", () => {
  expect(
    bars([
      ["grizzly", 0.9],
      ["bär", 0.1],
      ["teddy", 0],
    ]).split("\n"),
  ).toEqual([
    `grizzly  ${"█".repeat(27)}···   90.0 %`,
    `bär      ███${"·".repeat(27)}   10.0 %`,
    `teddy    ${"·".repeat(30)}    0.0 %`,
  ]);
});

test("rates are per cent with one digit", () => {
  expect([percent(0), percent(0.0357), percent(1)]).toEqual(["0.0 %", "3.6 %", "100.0 %"]);
});
