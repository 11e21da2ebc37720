// The README of an export and the example for Python say the same.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseCard } from "../predict.ts";
import { EXPORTED_SIZE, exportedModel } from "./exported-model.fixture.ts";
import { exportReadme, withTemperature } from "./model-export.ts";

const EXAMPLE = new URL("../../../../examples/python/classify.py", import.meta.url);

test("the README makes a view of a picture by the lines of classify.py", async () => {
  const lines = readFileSync(EXAMPLE, "utf8").split("\n");
  const loop = lines.slice(lines.indexOf("for name in pictures:") + 1).map((line) => line.trim());
  const steps = loop.filter((line) => line !== "" && !line.startsWith("print("));
  expect(steps).toHaveLength(6);
  const files = await exportedModel(["black", "teddy"]);
  const readme = exportReadme(parseCard(files.find(({ name }) => name === "model.json")?.bytes ?? new Uint8Array()));
  expect(readme).toContain(`${EXPORTED_SIZE}, "photo.jpg"\n${steps.join("\n")}\n`);
});

test("class names are no markup in the README, whatever they are", async () => {
  const files = await exportedModel(["black", "teddy"]);
  const card = parseCard(files.find(({ name }) => name === "model.json")?.bytes ?? new Uint8Array());
  const readme = exportReadme({ ...card, classes: ["<img src=x onerror=1>", "[a](javascript:b)", "teddy bär"] });
  expect(readme).toMatch(/^# \\<img src=x onerror=1\\>, \\\[a\\\]\(javascript:b\), teddy bär\n/);
});

test("a temperature is told by model.json and the README, and nothing else is changed", async () => {
  const files = await exportedModel(["black", "teddy"]);
  const bytes = files.find(({ name }) => name === "model.json")?.bytes ?? new Uint8Array();
  const temperature = { value: 1.375, count: 58, lossBefore: 0.21, lossAfter: 0.18 };
  const card = parseCard(withTemperature(bytes, temperature));
  expect(card).toEqual({ ...parseCard(bytes), temperature });
  expect(exportReadme(card)).toContain("calibrated = probabilities ** (1 / 1.375)");
  expect(exportReadme(parseCard(bytes))).not.toContain("calibrated");
});
