// `ursa model compare` and the journal of `ursa model list`, against a real API with the records of two models.
import type { Item } from "@ursa/contracts/dataset";
import { recipeSchema } from "@ursa/contracts/recipe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../../services/api/src/api-world.fixture.ts";
import { seedAnswered } from "../../services/api/src/seed-answers.fixture.ts";
import { seedDataset, sha256Of } from "../../services/api/src/seed-records.fixture.ts";
import { runCli } from "./run-cli.ts";

const ITEMS = Array.from({ length: 30 }, (_, index): Item => {
  const place = { url: `https://pictures.example/${index}.jpg`, source: "list.txt", line: index + 1 };
  return {
    ...{ index, key: String(index), class: index % 2 ? "teddy" : "black", ...place },
    ...{ outcome: "ok", sha256: sha256Of(`picture ${index}`), split: index < 20 ? "valid" : "train" },
  };
});
const mistakes = (...items: number[]) => Object.fromEntries(items.map((n) => [String(n), n % 2 ? "black" : "teddy"]));
const stage = (errorRate: number) => ({ stages: [{ name: "stage-1" as const, errorRate, validLoss: 1, seconds: 1 }] });
const recipe = (epochs: number) => recipeSchema.parse({ phases: ["stage-1"], stage1: { epochs } });

let world: World;
let before: string;
let after: string;
let dataset: string;

beforeAll(async () => {
  world = await startWorld();
  const made = await seedDataset(world, { items: ITEMS });
  dataset = made.id;
  const first = { ...stage(0.4), recipe: recipe(4), name: "first" };
  before = (await seedAnswered(world, made, mistakes(0, 1, 2, 3, 4, 5, 6, 7), first)).id;
  after = (await seedAnswered(world, made, mistakes(19), { ...stage(0.05), recipe: recipe(8) })).id;
  await world.aliases.put("default", "bears@production", { model: before });
});
afterAll(async () => world?.[Symbol.asyncDispose]());

const model = (...words: string[]) => runCli(["--url", world.url, "model", ...words]);

test("two models are compared by an alias and an id: the verdict, both errors, the pictures, and where to see them", async () => {
  const { code, out, err } = await model("compare", "bears@production", after, "--top", "2");
  expect(code, err).toBe(0);
  const [sides = "", says = ""] = out.split("\n");
  expect(sides).toBe(`${before} stage-1  to  ${after} stage-1, by the labels of ${dataset} version 1`);
  expect(says).toMatch(/^Better, beyond chance\. Of 20 .* 8 are mended and 1 is broken .*p = 0\.039/);
  expect(out).toMatch(/^error +40\.0 % +5\.0 %$/m);
  expect(out).toMatch(/^wrong +8 of 20 +1 of 20$/m);
  expect(out).toContain(`See a picture at ${world.url}/v1/datasets/${dataset}/items/ITEM/image`);
  const json = JSON.parse((await model("compare", before, `${after}@stage-1`, "--json")).out);
  expect(json).toMatchObject({ verdict: "better", shared: 20, mended: { count: 8 }, broken: { count: 1 } });
});

test("a side without pictures, and a stage that there is not, are refused in words", async () => {
  const none = await model("compare", before, after, "--split", "test");
  expect(none).toMatchObject({ code: 1, out: "" });
  expect(none.err).toMatch(/test/);
  const other = await model("compare", before, `${after}@stage-2`);
  expect(other).toMatchObject({ code: 1, out: "" });
  expect(other.err).toContain("stage-1");
});

test("the journal has a line for each run, by error, with what was changed", async () => {
  const { code, out, err } = await model("list", "--journal", "--sort", "error");
  expect(code, err).toBe(0);
  const [heads = "", , ...rows] = out.trimEnd().split("\n");
  expect(heads).toMatch(/^model +error +95 % +dataset +changed from +what was changed +name$/);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(new RegExp(`^${after} +5\\.0 %.* v1 +${before} +stage1\\.epochs 4 → 8`));
  expect(rows[1]).toMatch(new RegExp(`^${before} +40\\.0 %.* first$`));
  const json: { model: string }[] = JSON.parse((await model("list", "--journal", "--json")).out);
  expect(json.map((row) => row.model)).toEqual([after, before]);
});
