// The page Learn in a real browser: the lesson's descent and what the knobs do to it, a picture as its numbers, and the words.
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import { drawBear } from "@ursa/testing/pictures";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertSound, openPage, startBrowser, type Watched } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so the page Learn was not tried in a browser.");
const withBrowser = chromium ? test : test.skip;

let world: World;
let browser: Browser;
let seat: Watched;

beforeAll(async () => {
  if (!chromium) return;
  world = await startWorld();
  browser = await startBrowser(chromium);
  seat = await openPage(browser);
  await seat.page.goto(`${world.ursa.apiUrl}/#/learn`);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

const isSound = (name: string) => assertSound(seat, name);

const lab = (page: Page) => page.getByRole("region", { name: "Gradient descent" });
/** A slider is moved with the keyboard, as a hand or a mouse would. */
async function slide(page: Page, label: string, value: number): Promise<void> {
  await lab(page).getByLabel(label, { exact: true }).fill(String(value));
}

withBrowser("shows the lesson's descent as a film, with the numbers that the API gave", async () => {
  const { page } = seat;
  await lab(page).getByText("It has arrived").waitFor();
  await lab(page).getByText("it is 0.08333 at (3, 2.5), in expectation").waitFor();
  await lab(page).getByRole("button", { name: "Play" }).waitFor();
  await lab(page).getByText("Step 100").waitFor();
  const { client } = world.session;
  const { id } = await client.call("createRegression", { body: {} });
  const isReady = async () => (await client.call("getRegression", { params: { id } })).state;
  await expect.poll(isReady).toBe("ready");
  const { optimum } = await client.call("getRegressionResult", { params: { id } });
  await lab(page)
    .getByText(`the least loss is ${+optimum.loss.toPrecision(4)} at`)
    .waitFor();
  await lab(page).getByText("The steps as numbers").click();
  expect(await lab(page).getByRole("region", { name: "Steps" }).getByRole("row").count()).toBe(12);
  await isSound("learn");
  // What the page asked for is not kept; this test's own is.
  await expect.poll(async () => (await client.call("listRegressions", {})).items.map((one) => one.id)).toEqual([id]);
});

withBrowser("mini-batches go beside it, a rate that is too big diverges, and high degrees overfit", async () => {
  const { page } = seat;
  await slide(page, "Points in a step", 8);
  await lab(page)
    .getByText(/^Mini-batches of 8: loss/)
    .waitFor();
  await lab(page).getByText("Step 100").waitFor();
  await isSound("learn-batches");
  await slide(page, "Points in a step", 100);
  await lab(page).getByRole("button", { name: "too big" }).click();
  await lab(page).getByText("It diverged").waitFor();
  await lab(page).getByText("Step 100").waitFor();
  await isSound("learn-diverged");
  await lab(page).getByRole("button", { name: "good", exact: true }).click();
  await lab(page).getByLabel("Points", { exact: true }).selectOption("curve");
  await slide(page, "Degree", 9);
  await lab(page)
    .getByText(/held out, in blue, it is least at degree [2-7]/)
    .waitFor();
  await isSound("learn-degrees");
});

withBrowser("own points are taken, and a line that cannot be read is said", async () => {
  const { page } = seat;
  await lab(page).getByLabel("Points", { exact: true }).selectOption("own");
  await slide(page, "Degree", 1);
  const csv = lab(page).getByLabel("A line of x and y each");
  await csv.fill("1950, 1\n1960, three");
  await lab(page)
    .getByText(/line 2 is not two numbers/)
    .waitFor();
  expect(seat.complaints.splice(0).join()).toMatch(/422/);
  await csv.fill(Array.from({ length: 20 }, (_, at) => `${1950 + at}, ${at / 2}`).join("\n"));
  await lab(page)
    .getByText(/Parameters are of \(x − 19[56]/)
    .waitFor();
  await isSound("learn-own");
});

withBrowser("a picture is its rows, columns and channels, and its pixels are the file's", async () => {
  const { page } = seat;
  const numbers = page.getByRole("region", { name: "A picture is numbers" });
  await numbers.getByRole("button", { name: "Take one" }).click();
  await numbers.getByText("There is no dataset yet").waitFor();
  const buffer = Buffer.from(await drawBear("teddy", 1));
  await numbers.getByLabel("Choose a picture").setInputFiles({ name: "bear.jpg", mimeType: "image/jpeg", buffer });
  await numbers.getByText(/rows × \d+ columns × 3 channels = [\d,]+ numbers/).waitFor();
  await numbers.getByText("No model answers by default yet").waitFor();
  expect(await numbers.getByText("There is no dataset yet").count()).toBe(0);
  // What the API says of a picture that no model is there to answer.
  seat.complaints.splice(0);
  const red = await numbers.getByRole("cell").allInnerTexts();
  expect(red).toHaveLength(36);
  for (const text of red) expect(Number(text)).toBeLessThanOrEqual(255);
  await numbers.getByLabel("blue").check();
  expect(await numbers.getByRole("cell").allInnerTexts()).not.toEqual(red);
  await isSound("learn-picture");
});

withBrowser("a word leads to what it means", async () => {
  const { page } = seat;
  const term = lab(page).getByRole("link", { name: "gradient" });
  expect(await term.getAttribute("title")).toMatch(/slope of the loss/);
  await term.click();
  await expect.poll(() => page.locator(".asked").innerText()).toMatch(/gradient[\s\S]*points uphill/);
});
