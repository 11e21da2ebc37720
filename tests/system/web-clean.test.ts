// The page Clean in a real browser: what was decided is there after a reload, and what could not be saved is not left without a word.
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPage, startBrowser, type Watched } from "./browser.ts";
import { makeFewBears, startWorld, type World } from "./world.ts";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so the page Clean was not tried in a browser.");
const withBrowser = chromium ? test : test.skip;

const FEW = 8;

let world: World;
let browser: Browser;
let seat: Watched;
let dataset: string;

beforeAll(async () => {
  if (!chromium) return;
  world = await startWorld();
  dataset = await makeFewBears(world, FEW);
  browser = await startBrowser(chromium);
  seat = await openPage(browser);
  await seat.page.goto(`${world.ursa.apiUrl}/#/datasets/${dataset}/clean`);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

const listOf = (page: Page) => page.getByRole("region", { name: "Worth a look" });
const looked = (page: Page, count: number) =>
  listOf(page)
    .getByText(new RegExp(`^${count} of \\d+ looked at$`))
    .first()
    .waitFor({ timeout: 30_000 });

/** Answers no to the next question of the page. @returns what was asked */
async function declined(page: Page): Promise<string> {
  const dialog = await page.waitForEvent("dialog");
  await dialog.dismiss();
  return dialog.message();
}

withBrowser("pictures of two labels that were left out of use are not asked again after a reload", async () => {
  const { page } = seat;
  await looked(page, 0);
  await page.getByRole("combobox", { name: "Reason" }).selectOption("conflict");
  for (const count of [1, 2]) {
    await page.getByRole("button", { name: "Leave out" }).click();
    await looked(page, count);
  }
  await listOf(page).getByText("Saved in the draft").waitFor();
  await page.reload();
  await looked(page, 2);
  const { counts } = await world.session.client.call("getDraft", { params: { id: dataset } });
  expect(counts).toEqual({ keep: 2 });
});

withBrowser("leaving with decisions that are not saved asks first, by a link and by Back", async () => {
  const { page } = seat;
  const clean = page.url();
  await page.getByRole("link", { name: `Dataset ${dataset}` }).click();
  await page.getByRole("link", { name: "Clean" }).click();
  await looked(page, 2);
  await page.route(/\/edits$/, (route) => route.abort());
  await page.keyboard.press("u");
  await page.keyboard.press("k");
  await listOf(page).getByText("Not saved").waitFor();
  for (const leave of [
    () => page.goBack(),
    () => page.getByRole("navigation").getByRole("link", { name: "Models" }).click(),
  ]) {
    const asked = declined(page);
    await leave();
    expect(await asked).toMatch(/not saved yet/);
    await listOf(page).getByText("Not saved").waitFor();
    expect(page.url()).toBe(clean);
  }
  await page.unroute(/\/edits$/);
  await page.getByRole("button", { name: "Try again" }).click();
  await listOf(page).getByText("Saved in the draft").waitFor();
  // What is saved is left without a question: nobody would answer it.
  await page.getByRole("navigation").getByRole("link", { name: "Models" }).click();
  await page.getByRole("heading", { name: "Models", exact: true }).waitFor();
});
