// What an inspection tells the rules about a run on the same pictures.
import { expect, test } from "vitest";
import { evidenceOfInspection } from "./evidence-of-inspection.ts";

const found = {
  ...{ count: 200, suspicions: { label: 31, leak: 4 } },
  nearDuplicates: [
    ["0", "10"],
    ["11", "0"],
    ["12", "1"],
    ["10", "11"],
    ["0", "13"],
    ["0", "99"],
    ["20", "0"],
  ].map(([a = "", b = ""]) => ({ a, b, cosine: 0.99, distance: 2 })),
  directionalNoise: [{ actual: "black", given: "teddy", count: 20, of: 60, pValue: 1e-6 }],
};
const places = new Map([
  ["0", { class: "black", split: "valid" as const }],
  ["1", { class: "black", split: "train" as const }],
  ["10", { class: "black", split: "train" as const }],
  ["11", { class: "black", split: "train" as const }],
  ["12", { class: "black", split: "valid" as const }],
  ["13", { class: "teddy", split: "train" as const }],
  ["20", { class: "black", split: "test" as const }],
]);

test("a validation picture counts once, however many copies of its class there are to train on", () => {
  // Not: two to train on, one of another class, one that is gone, one to test on.
  expect(evidenceOfInspection(found, places).leaks).toEqual({ exact: 0, near: 2 });
  expect(evidenceOfInspection(found, new Map()).leaks).toEqual({ exact: 0, near: 0 });
});

test("labels that are contradicted are counted, with the pair of classes that they go wrong in", () => {
  const pair = { given: "teddy", looksLike: "black", count: 20 };
  expect(evidenceOfInspection(found, places).labelErrors).toEqual({ suspects: 31, pictures: 200, pair });
  const clean = { ...found, suspicions: {}, directionalNoise: [] };
  expect(evidenceOfInspection(clean, places).labelErrors).toEqual({ suspects: 0, pictures: 200 });
});
