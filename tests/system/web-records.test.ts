// Pages of records as workers leave them, in a real browser before the API alone: nothing is trained here, so all that a model can have is
// there at once.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../../services/api/src/api-world.fixture.ts";
import { ROWS, seedDataset, seedPrediction } from "../../services/api/src/seed-records.fixture.ts";
import { assertSound, openPage, startBrowser, type Watched } from "./browser.ts";
import { CLASSES, seedBears, seedTwoStages } from "./two-stages.fixture.ts";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so pages of finished records were not tried in a browser.");
const withBrowser = chromium ? test : test.skip;

const WEB = join(import.meta.dirname, "../../services/api/web");

let world: World;
let browser: Browser;
let seat: Watched;
let bears: Awaited<ReturnType<typeof seedBears>>;
let model: Awaited<ReturnType<typeof seedTwoStages>>;

beforeAll(async () => {
  if (!chromium) return;
  execFileSync(process.execPath, [join(WEB, "build.ts")]);
  world = await startWorld({ webFolder: join(WEB, "dist") });
  bears = await seedBears(world);
  model = await seedTwoStages(world, bears);
  browser = await startBrowser(chromium);
  seat = await openPage(browser);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

const button = (page: Page, name: string) => page.getByRole("button", { name });
const openAt = (hash: string) => seat.page.goto(`${world.url}/${hash}`);
const isSound = (name: string) => assertSound(seat, name);
const draftOf = async (id: string) => (await world.client.call("getDraft", { params: { id } })).edits;
const said = (edits: Awaited<ReturnType<typeof draftOf>>) =>
  edits.map(({ key, action, class: name = "" }) => `${key} ${action} ${name}`.trim());

async function downloaded(name: string): Promise<{ file: string; text: string }> {
  const { page } = seat;
  const waited = page.waitForEvent("download");
  await page.getByRole("button", { name, exact: true }).first().click();
  const download = await waited;
  return { file: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
}

withBrowser("a model of both stages shows its finder's curve and whether more pictures would help", async () => {
  const { page } = seat;
  await openAt(`#/models/${model.id}`);
  await page.getByRole("img", { name: /^Learning-rate finder/ }).waitFor();
  const curve = page.getByRole("region", { name: "Learning curve" });
  expect(await curve.getByRole("row").last().innerText()).toMatch(/100 %\s+12\s+8\.3 %\s+1 of 12/);
  await page.getByRole("list", { name: "Top losses" }).getByRole("img").nth(2).waitFor();
  await isSound("model-both-stages");
});

withBrowser("from a model's top losses a picture is relabelled, and Clean commits or discards it", async () => {
  const { page } = seat;
  const losses = page.getByRole("list", { name: "Top losses" });
  await losses.getByText("black taken for teddy, 90.0 % sure (10.0 % for black); loss 2.3026. Item 0").waitFor();
  await losses.getByRole("link", { name: "Open black, item 0" }).click();
  const drawer = page.getByRole("dialog");
  const choice = drawer.getByRole("combobox", { name: "What item 0 is" });
  await choice.selectOption("is teddy");
  await drawer.getByText("1 decision saved in the draft of version 1.").waitFor();
  expect(said(await draftOf(bears.id))).toEqual(["0 relabel teddy"]);
  await drawer.getByRole("img", { name: "black, item 0" }).waitFor();
  await isSound("item-mended");
  // In the list the arrows choose; elsewhere they go on to the next picture.
  await choice.focus();
  await page.keyboard.press("ArrowLeft");
  await drawer.getByRole("combobox", { name: "What item 0 is" }).waitFor();
  await choice.selectOption("not yet said");
  await expect.poll(() => draftOf(bears.id)).toEqual([]);
  await choice.selectOption("is teddy");
  await button(page, "Next →").click();
  await drawer.getByRole("combobox", { name: "What item 1 is" }).selectOption("delete");
  await drawer.getByText("2 decisions saved in the draft of version 1.").waitFor();
  expect(said(await draftOf(bears.id))).toEqual(["0 relabel teddy", "1 delete"]);
  await drawer.getByRole("link", { name: "Commit the draft on Clean" }).click();
  await page.getByText(/^2 decisions: 1 delete, 1 relabel\. They make version 2;/).waitFor();
  await isSound("clean-draft");
  page.once("dialog", (dialog) => dialog.accept());
  await button(page, "Discard all decisions").click();
  await page.getByText("Nothing was decided yet.").waitFor();
  expect(await draftOf(bears.id)).toEqual([]);
});

withBrowser("the reason that an address names is the one that is shown first", async () => {
  await openAt(`#/datasets/${bears.id}/clean?reason=duplicate`);
  const reason = seat.page.getByRole("combobox", { name: "Reason" });
  await reason.waitFor();
  expect(await reason.inputValue()).toBe("duplicate");
});

withBrowser("stage 1 is looked at too, and compared with: whether unfreezing helped", async () => {
  const { page } = seat;
  await openAt(`#/models/${model.id}`);
  await page.getByLabel("Stage to look at").selectOption("stage 1");
  const losses = page.getByRole("list", { name: "Top losses" });
  await losses.getByRole("link", { name: "Open black, item 3" }).waitFor();
  // Heat maps are of the stage that answers.
  expect(await page.getByLabel("Show what the model looked at").count()).toBe(0);
  await page.getByLabel("Compare with").selectOption("itself after stage 1, before it was unfrozen");
  await button(page, "Compare").click();
  const comparison = page.getByRole("region", { name: "Comparison" });
  await comparison.getByRole("heading", { name: "Mended: 2" }).waitFor();
  await comparison.getByRole("list", { name: "Mended" }).getByRole("link").first().click();
  await page
    .getByRole("dialog")
    .getByRole("combobox", { name: /^What item [23] is$/ })
    .waitFor();
  await page.keyboard.press("Escape");
  await isSound("comparison-of-stages");
});

withBrowser("of many classes every pair that was confused can be listed", async () => {
  const { page } = seat;
  const classes = Array.from({ length: 30 }, (_, at) => `class ${at}`);
  const mostConfused = classes.slice(1).map((actual, at) => ({ actual, predicted: "class 0", count: 29 - at }));
  await page.route("**/v1/evaluations/*/result", async (route) => {
    const answer = await (await route.fetch()).json();
    const confusion = classes.map(() => classes.map(() => 0));
    await route.fulfill({ json: { ...answer, classes, mostConfused, confusion } });
  });
  await page.reload();
  const pairs = page.getByRole("button", { name: "→ class 0" });
  await expect.poll(() => pairs.count()).toBe(8);
  await isSound("confusion-of-many");
  await button(page, "Show more of 29 pairs").click();
  expect(await pairs.count()).toBe(29);
  await page.getByLabel("at least").fill("25");
  await expect.poll(() => pairs.count()).toBe(5);
  await page.unroute("**/v1/evaluations/*/result");
});

withBrowser("a suggestion of the finder fills the form, and a run that waits is cancelled", async () => {
  const { page } = seat;
  await openAt(`#/models/${model.id}`);
  await page.getByRole("link", { name: "Train with 1.0e−4 (valley)" }).click();
  await page.getByRole("heading", { name: "Train", exact: true }).waitFor();
  expect(await page.getByLabel("Rate of the lowest layers").inputValue()).toBe("0.0001");
  await page.getByLabel("Rate of the head").fill("2e-4");
  // What is underlined is explained to who has no mouse.
  const term = page.getByRole("link", { name: "epochs" });
  await term.focus();
  for (const key of ["Shift+Tab", "Tab"]) await page.keyboard.press(key);
  const shown = await page.evaluate("getComputedStyle(document.activeElement, '::after').content");
  expect(shown).toMatch(/^"One pass through/);
  await isSound("train-rates");
  await button(page, "Start training").click();
  await page.waitForURL((url) => /#\/models\/mdl_/.test(url.hash) && !url.hash.includes(model.id));
  const [, id = ""] = /#\/models\/(mdl_\w+)/.exec(page.url()) ?? [];
  const run = await world.client.call("getModel", { params: { id } });
  expect(run.recipe.stage2.rates).toEqual({ lower: 1e-4, upper: 2e-4 });
  await button(page, "Cancel").click();
  await page.locator(".badge.cancelled").first().waitFor();
  expect((await world.client.call("getModel", { params: { id } })).state).toBe("cancelled");
});

withBrowser("files of a model and results of a batch are downloaded", async () => {
  await openAt(`#/models/${model.id}`);
  expect(await downloaded("model.json")).toEqual({
    file: `${model.id}-stage-1-model.json`,
    text: "the bytes of model.json",
  });
  const { id } = await seedPrediction(world);
  await openAt(`#/predictions/${id}`);
  const lines = await downloaded("JSON lines");
  expect(lines.file).toBe(`${id}.jsonl`);
  expect(lines.text.trim().split("\n")).toHaveLength(ROWS.length);
  const csv = await downloaded("CSV");
  expect(csv.file).toBe(`${id}.csv`);
  expect(csv.text).toContain("https://pictures.example/0.jpg");
});

withBrowser("a removed picture is brought back, and any two versions are told apart", async () => {
  const { page } = seat;
  const versions = [bears];
  for (const version of [2, 3]) {
    const before = versions.at(-1) ?? bears;
    const parent = { id: before.id, version: before.version, manifestSha256: before.manifest?.sha256 ?? "" };
    const items = bears.items.map((item, at) =>
      at > 0 && at < version ? { ...item, outcome: "removed" as const, reason: "deleted by a person" } : item,
    );
    const { counts, name } = bears;
    versions.push({ ...(await seedDataset(world, { items, classes: CLASSES, version, parent, name, counts })), items });
  }
  const newest = versions.at(-1)?.id ?? "";
  await openAt(`#/datasets/${newest}`);
  await page.getByText("Against version 2: 1 removed.").waitFor();
  await page.getByLabel("Compare with").selectOption({ index: 0 });
  await page.getByText("Against version 1: 2 removed.").waitFor();
  await isSound("dataset-versions");
  await page.getByText("Every change").click();
  await page.getByRole("region", { name: "Changes" }).getByRole("link", { name: "2", exact: true }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("combobox", { name: "What item 2 is" }).selectOption("use as black");
  await drawer.getByText("1 decision saved in the draft of version 3.").waitFor();
  expect(said(await draftOf(newest))).toEqual(["2 restore"]);
  await button(page, "Close").click();
  await drawer.waitFor({ state: "hidden" });
});

withBrowser("a dataset that is older than those that are listed is chosen all the same", async () => {
  const { page } = seat;
  await page.route("**/v1/datasets?*", (route) => route.fulfill({ json: { items: [], next: "more" } }));
  for (const [address, label] of [
    ["train", "Dataset"],
    ["batch", "Pictures"],
  ]) {
    await openAt(`#/${address}?dataset=${bears.id}`);
    await page.getByText("The newest 200 are listed.").waitFor();
    expect(await page.getByLabel(label ?? "", { exact: true }).inputValue()).toBe(bears.id);
  }
  await page.unroute("**/v1/datasets?*");
});
