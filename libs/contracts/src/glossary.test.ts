// The glossary: one source, in order, and the document is what it makes.
import { expect, test } from "vitest";
import { GLOSSARY, glossaryMarkdown, slugOf } from "./glossary.ts";

test("terms are in alphabetical order, told once, and in sentences", () => {
  const terms = GLOSSARY.map(({ term }) => term);
  expect(terms).toEqual([...new Set(terms)].sort());
  expect(new Set(terms.map(slugOf)).size).toBe(terms.length);
  for (const { says } of GLOSSARY) expect(says).toMatch(/^[A-Z].*\.$/);
});

test("the words that any page of the lesson needs are there, and the error rate is said by its formula", () => {
  const said = (term: string) => GLOSSARY.find((one) => one.term === term)?.says;
  for (const term of ["learning rate", "epoch", "batch", "architecture", "parameters", "loss"])
    expect(said(term), term).toBeDefined();
  expect(said("error rate")).toContain("1 - mean(argmax == target)");
  expect(said("stochastic gradient descent")).toContain("SGD");
});

test("docs/glossary.md is made of it", async () => {
  await expect(glossaryMarkdown()).toMatchFileSnapshot("../../../docs/glossary.md");
});
