// One model looked at closely in a real browser: what went wrong, where it is wrong, what changed from the run before.
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import { waitUntil } from "@ursa/testing/wait-until";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertSound, openPage, startBrowser, type Watched } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so the model's page was not tried in a browser.");
const withBrowser = chromium ? test : test.skip;

let world: World;
let browser: Browser;
let seat: Watched;
let dataset: string;
let slow: string;

beforeAll(async () => {
  if (!chromium) return;
  world = await startWorld();
  browser = await startBrowser(chromium);
  seat = await openPage(browser);
  dataset = await makeDataset();
  // Far below the usual rate: near chance at its end, which a diagnosis has something to say of.
  slow = await train("too slow", {
    phases: ["stage-1"],
    stage1: { epochs: 2, learningRate: 1e-5 },
    allowUnusual: true,
  });
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

async function makeDataset(): Promise<string> {
  const { client } = world.session;
  const sources = world.gallery.classes.map(({ name, urls }) => ({ class: name, urls: [...urls] }));
  const { id } = await client.call("createDataset", { body: { name: "three bears", sources } });
  await waitUntil(async () => (await client.call("getDataset", { params: { id } })).state === "ready", {
    what: "the dataset to be ready",
    timeoutMs: 120_000,
    intervalMs: 200,
  });
  return id;
}

type HeadRecipe = {
  phases: ["stage-1"];
  stage1?: { epochs: number; learningRate?: number };
  allowUnusual?: boolean;
};

async function train(name: string, recipe: HeadRecipe) {
  const { client } = world.session;
  const { id } = await client.call("createModel", { body: { name, dataset, recipe } });
  await waitUntil(async () => (await client.call("getModel", { params: { id } })).state === "ready", {
    what: "the model to be ready",
    timeoutMs: 240_000,
    intervalMs: 200,
  });
  return id;
}

const button = (page: Page, name: string) => page.getByRole("button", { name });

const isSound = (name: string) => assertSound(seat, name);

withBrowser("a rate that is too low is named, and the run that it advises starts with a button", async () => {
  const { page } = seat;
  await page.goto(`${world.ursa.apiUrl}/#/models/${slow}`);
  const diagnosis = page.getByRole("region", { name: "Diagnosis" });
  await diagnosis.getByText("learning rate too low").waitFor();
  await diagnosis.locator("summary", { hasText: "Not judged" }).click();
  await diagnosis.getByText(`ursa clean ${dataset}`).waitFor();
  await isSound("model-diagnosis");
  await button(page, "Start this run").click();
  await page.waitForURL((url) => url.hash.startsWith("#/models/") && !url.hash.includes(slow));
  await page.locator(".badge.ready").waitFor({ timeout: 240_000 });
});

withBrowser("a model is named, and a note is written on it", async () => {
  const { page } = seat;
  await page.goto(`${world.ursa.apiUrl}/#/models/${slow}`);
  await page.getByText("Name and note").click();
  await page.getByLabel("Name", { exact: true }).fill("far too slow");
  await page.getByLabel("Note", { exact: true }).fill("to see what a low rate does");
  await button(page, "Save").click();
  await page.getByRole("heading", { level: 1, name: "far too slow" }).waitFor();
  await page.locator("p.note", { hasText: "to see what a low rate does" }).waitFor();
  const { name, note } = await world.session.client.call("getModel", { params: { id: slow } });
  expect({ name, note }).toEqual({ name: "far too slow", note: "to see what a low rate does" });
});

withBrowser("every picture is looked at, and a cell of the confusion matrix shows its pictures", async () => {
  const { page } = seat;
  await page.goto(`${world.ursa.apiUrl}/#/models/${slow}`);
  await button(page, "Look at every picture").click();
  const matrix = page.getByRole("region", { name: "Confusion matrix" });
  await matrix.waitFor({ timeout: 120_000 });
  const losses = page.getByRole("list", { name: "Top losses" });
  await losses.getByRole("img").nth(3).waitFor();
  // By the API's own numbers: a cell off the diagonal, and as many pictures below it.
  const { client } = world.session;
  const { result } = await client.call("getInterpretation", { params: { id: slow }, query: {} });
  const [worst] = result?.sides?.valid?.mostConfused ?? [];
  if (!worst) throw new Error("a head that hardly trained confused no validation picture");
  const name = `${worst.actual} taken for ${worst.predicted}`;
  await matrix.getByRole("button", { name: `${name}: ${worst.count}` }).click();
  const shown = page.getByRole("list", { name });
  await expect.poll(() => shown.getByRole("listitem").count()).toBe(Math.min(worst.count, 12));
  await shown.getByRole("img").first().waitFor();
  await page.getByLabel("Show what the model looked at").check();
  await shown
    .getByRole("img", { name: /^Heat map: / })
    .first()
    .waitFor();
  await isSound("model-interpretation");
  await page.getByLabel("Side to look at").selectOption("train");
  await page.getByRole("region", { name: "By class" }).waitFor();
  await page.getByRole("region", { name: "Thresholds" }).waitFor();
});

withBrowser(
  "the journal says what was changed, draws both runs in one plot, and leads to their comparison",
  async () => {
    const { page } = seat;
    // At the usual rate, which tells apart what was guessed before: pictures are mended for certain.
    const good = await train("as usual", { phases: ["stage-1"] });
    await page.getByRole("navigation").getByRole("link", { name: "Models" }).click();
    const journal = page.getByRole("region", { name: "Journal" });
    await journal.getByText("stage1.learningRate 0.00001 → 0.0001").waitFor();
    await page.getByLabel("Order").selectOption("error");
    for (const name of ["as usual", "far too slow"]) {
      const row = journal.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
      await row.getByRole("checkbox").check();
    }
    await page.getByRole("img", { name: "Error rate of the chosen runs" }).waitFor();
    await isSound("models");
    await page.getByRole("link", { name: "Compare the two" }).click();
    await button(page, "Compare").click();
    const comparison = page.getByRole("region", { name: "Comparison" });
    await comparison.waitFor({ timeout: 120_000 });
    const { result } = await world.session.client.call("getComparison", {
      params: { id: good },
      query: { with: slow },
    });
    await comparison.getByText(result?.says ?? "no result").waitFor();
    expect(result?.mended.count).toBeGreaterThan(0);
    await comparison.getByRole("list", { name: "Mended" }).getByRole("img").first().waitFor();
    await isSound("model-comparison");
    // Both have looked at every picture by now, and so an item's drawer tells what the newer one says of it.
    await page.goto(`${world.ursa.apiUrl}/#/datasets/${dataset}?outcome=ok`);
    await page.locator(".cell").first().click();
    const predictions = page.getByRole("dialog").getByRole("region", { name: "Predictions" });
    await expect.poll(() => predictions.getByRole("listitem").count()).toBe(3);
  },
);
