// Class names and URLs as hostile as anybody may write them, on the pages that come after a dataset: what failed is tried again, and then
// Clean, Compare, Try it, Batch and the page for everybody show them as text. The first pages are in web.test.ts.
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import { type ImageServer, ok, startImageServer } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertSound, openPage, startBrowser, type Watched } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so hostile names were not tried on every page.");
const withBrowser = chromium ? test : test.skip;

const HOSTILE = `<img src=x onerror="window.hacked=1">`;
const CODE_URL = `javascript:window.hacked=2//"><script>window.hacked=3</script>`;
/** Behind the path of a picture that is there. */
const HOSTILE_QUERY = `?"><script>window.hacked=4</script>`;
const FEW = 12;

let pictures: ImageServer;
let world: World;
let browser: Browser;
let seat: Watched;
/** The version in which everything was fetched, and two models of it. */
let dataset: string;
let [guessing, trained] = ["", ""];

beforeAll(async () => {
  if (!chromium) return;
  pictures = await startImageServer();
  world = await startWorld({ allow: [pictures.address] });
  browser = await startBrowser(chromium);
  seat = await openPage(browser);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
  await pictures?.close();
});

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const urlOf = (kind: "black" | "teddy", n: number) => `${pictures.origin}/${kind}/${n}.jpg${HOSTILE_QUERY}`;
/** As a server sees it. */
const serve = (url: string, bytes: Uint8Array) => {
  const { pathname, search } = new URL(url);
  pictures.set(pathname + search, ok(bytes));
};

async function isSafe(name: string): Promise<void> {
  expect(await seat.page.evaluate("window.hacked"), name).toBeUndefined();
  await assertSound(seat, name);
}

async function train(name: string, recipe: { epochs: number; learningRate: number }): Promise<string> {
  const { client } = world.session;
  const body = { name, dataset, recipe: { phases: ["stage-1" as const], allowUnusual: true, stage1: recipe } };
  const { id } = await client.call("createModel", { body });
  const isReady = async () => (await client.call("getModel", { params: { id } })).state === "ready";
  await waitUntil(isReady, { what: name, timeoutMs: 240_000, intervalMs: 200 });
  return id;
}

withBrowser("what failed is tried again with a press, and only that: a version in which it is there", async () => {
  const { page } = seat;
  const { client } = world.session;
  const numbers = Array.from({ length: FEW }, (_, n) => n);
  const late = urlOf("teddy", FEW);
  for (const kind of ["black", "teddy"] as const)
    for (const n of numbers) serve(urlOf(kind, n), await drawBear(kind, n));
  // One picture is there under both classes, so that there is something to clean.
  serve(urlOf("black", FEW), await drawBear("teddy", 0));
  const sources = [
    { class: HOSTILE, urls: [...numbers, FEW].map((n) => urlOf("black", n)) },
    { class: "teddy", urls: [...numbers.map((n) => urlOf("teddy", n)), late] },
  ];
  const { id } = await client.call("createDataset", { body: { name: HOSTILE, sources } });
  await page.goto(`${world.ursa.apiUrl}/#/datasets/${id}`);
  await page.getByRole("link", { name: "1 failure with reasons" }).waitFor();
  serve(late, await drawBear("teddy", FEW));
  const before = pictures.hits.length;
  await button(page, "Retry only the failed").click();
  await page.getByRole("heading", { name: "Version 2", exact: true }).waitFor();
  await page.getByText(`Against version 1: 1 added`).waitFor();
  expect(await button(page, "Retry only the failed").count()).toBe(0);
  expect(pictures.hits.slice(before)).toEqual([new URL(late).pathname + new URL(late).search]);
  [, dataset = ""] = /#\/datasets\/(ds_\w+)/.exec(page.url()) ?? [];
  await isSafe("hostile-dataset");
});

withBrowser("Clean: the reason, the buttons and the question what it is", async () => {
  const { page } = seat;
  await page.getByRole("link", { name: "Clean", exact: true }).click();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(`Clean ${HOSTILE}`);
  const list = page.getByRole("region", { name: "Worth a look" });
  await list.getByRole("img").first().waitFor({ timeout: 120_000 });
  await list.getByRole("group", { name: "It is" }).getByRole("button", { name: HOSTILE }).click();
  await list.getByText("Saved in the draft").waitFor();
  await list.getByLabel("Five at a time").check();
  await list.getByRole("combobox").first().waitFor();
  await isSafe("hostile-clean");
});

withBrowser("Compare: the choice, both sides and the pictures whose answer changed", async () => {
  const { page } = seat;
  // At a rate at which it stays a guess, and at the usual one.
  guessing = await train(HOSTILE, { epochs: 1, learningRate: 1e-5 });
  trained = await train("as usual", { epochs: 4, learningRate: 3e-3 });
  await page.goto(`${world.ursa.apiUrl}/#/models/${trained}?with=${guessing}`);
  await page.getByLabel("Compare with").locator("option:checked", { hasText: HOSTILE }).waitFor({ state: "attached" });
  await button(page, "Compare").click();
  const comparison = page.getByRole("region", { name: "Comparison", exact: true });
  await comparison.getByRole("cell", { name: `recall of ${HOSTILE}` }).waitFor({ timeout: 120_000 });
  await isSafe("hostile-comparison");
});

withBrowser("Try it: the bars, and a URL that is code", async () => {
  const { page } = seat;
  await world.session.client.call("putAlias", { params: { name: "hostile@test" }, body: { model: trained } });
  await page.goto(`${world.ursa.apiUrl}/#/try?model=hostile@test`);
  const buffer = await drawBear("black", 40);
  await page.getByLabel("Choose a picture").setInputFiles({ name: `${HOSTILE}.jpg`, mimeType: "image/jpeg", buffer });
  const answer = page.getByRole("region", { name: "Answer" });
  await answer.getByRole("listitem").filter({ hasText: HOSTILE }).waitFor();
  await isSafe("hostile-try-it");
  await page.getByLabel("Or the URL of a picture").fill(CODE_URL);
  await button(page, "Classify").click();
  await page.getByRole("alert").waitFor();
  // What the browser itself says of a refused request, and nothing else.
  expect(seat.complaints.splice(0)).toEqual([expect.stringMatching(/status of 4\d\d/)]);
  await page.getByLabel("Or the URL of a picture").fill(urlOf("black", 0));
  await button(page, "Classify").click();
  await answer.getByText(/fetching \d+ ms/).waitFor();
  await isSafe("hostile-try-it-url");
});

withBrowser("Batch: an input that is code, one that is not, and the class of each", async () => {
  const { page } = seat;
  await page.goto(`${world.ursa.apiUrl}/#/batch?model=hostile@test`);
  const urls = [CODE_URL, urlOf("black", 0), urlOf("teddy", 1)];
  await page.getByLabel("URLs, one per line").fill(urls.join("\n"));
  await button(page, "Predict").click();
  const results = page.getByRole("region", { name: "Results" });
  for (const url of urls) await results.getByText(url, { exact: true }).waitFor({ timeout: 120_000 });
  await results.getByText("bad scheme").waitFor();
  await page.getByRole("region", { name: "Classes" }).getByRole("cell", { name: HOSTILE }).waitFor();
  expect(await results.getByRole("link").count()).toBe(0);
  await isSafe("hostile-batch");
});

withBrowser("the page for everybody: its heading, and its answer", async () => {
  const body = { public: { origins: [], ratePerMinute: 60 } };
  await world.session.client.call("putAlias", { params: { name: "hostile@test" }, body });
  const stranger = await openPage(browser);
  const { page } = stranger;
  await page.goto(`${world.ursa.apiUrl}/p/default/hostile@test`);
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain(HOSTILE);
  const buffer = await drawBear("black", 41);
  await page.getByLabel("Choose a picture").setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer });
  await page.getByText(/^Answered in \d+ ms\.$/).waitFor();
  await page.getByRole("listitem").filter({ hasText: HOSTILE }).waitFor();
  expect(await page.evaluate("window.hacked")).toBeUndefined();
  await assertSound(stranger, "hostile-public");
  await page.close();
});
