// The ways in and out of Ursa that a browser has: a snippet, a folder, a camera, and a page for everybody.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import { drawBear } from "@ursa/testing/pictures";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertSound, openPage, seriousFaults, startBrowser, takeShots, type Watched } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

const chromium = await findChromium();
if (!chromium)
  reportAbsentPart("Chromium was not found, so folders, camera and public page were not tried in a browser.");
const withBrowser = chromium ? test : test.skip;
/** A camera that shows a green pac-man, and a person who allows it. */
const CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

let world: World;
let browser: Browser;
let seat: Watched;
let folder: string;

beforeAll(async () => {
  if (!chromium) return;
  folder = await drawFolder();
  world = await startWorld();
  browser = await startBrowser(chromium, CAMERA);
  seat = await openPage(browser);
});
afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const button = (page: Page, name: string) => page.getByRole("button", { name });
const openAt = async (hash: string) => seat.page.goto(`${world.ursa.apiUrl}/${hash}`);

/** Twelve bears of two kinds, two of each in folders that fix their side, and what else lies in folders. */
async function drawFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "ursa-folder-"));
  for (const kind of ["black", "grizzly"] as const) {
    const places = ["", "", "", "", "test/", "valid/"];
    for (const [at, place] of places.entries()) {
      const where = join(root, "bears", place, kind);
      await mkdir(where, { recursive: true });
      await writeFile(join(where, `Bär ${at}.jpg`), await drawBear(kind, at + 1));
      await writeFile(join(where, ".hidden"), "no picture");
    }
  }
  await writeFile(join(root, "bears", "README.txt"), "no picture");
  return root;
}

withBrowser("the snippet is copied with a press, and says how a console is opened", async () => {
  const { page } = seat;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await openAt("#/datasets/new");
  await page.getByText("Collect URLs from a page of search results").click();
  await page.getByText("Ctrl+Shift+J").waitFor();
  await button(page, "Copy the snippet").click();
  await page.getByText("Copied.").waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await page.getByLabel("Snippet").inputValue());
  await isSound("new-dataset-snippet");
});

const isSound = (name: string) => assertSound(seat, name);

/** What the dataset that is shown has by side. */
async function sidesOfShown(): Promise<Record<string, number>> {
  await seat.page.getByRole("link", { name: "Train on it" }).waitFor();
  const [, id = ""] = /#\/datasets\/(ds_\w+)/.exec(seat.page.url()) ?? [];
  const { client } = world.session;
  const { items } = await client.call("listItems", { params: { id }, query: { limit: 100 } });
  expect(items.map(({ outcome }) => outcome)).toEqual(items.map(() => "ok"));
  return Object.fromEntries(
    Object.entries(Object.groupBy(items, (item) => `${item.class} ${item.split}`)).map(([side, of]) => [
      side,
      of?.length ?? 0,
    ]),
  );
}
const SIDES = expect.objectContaining({ "black test": 1, "grizzly test": 1 });

withBrowser("a folder that is chosen becomes a dataset: sub-folders are classes, and test stays test", async () => {
  const { page } = seat;
  await openAt("#/datasets/new");
  await page.reload();
  await page.getByLabel("Choose a folder").setInputFiles(join(folder, "bears"));
  await page.getByText(/^bears\.tar, 1 MiB/).waitFor();
  await isSound("new-dataset-folder");
  // Slowly, so that the bar is seen.
  const session = await page.context().newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 50_000 },
  });
  await button(page, "Make the dataset").click();
  await page.getByRole("progressbar", { name: "Sending bears.tar" }).waitFor();
  await session.detach();
  const sides = await sidesOfShown();
  expect(sides).toEqual(SIDES);
  expect(Object.values(sides).reduce((sum, count) => sum + count)).toBe(12);
});

withBrowser("a folder that is dropped is the same", async () => {
  const { page } = seat;
  await openAt("#/datasets/new");
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [join(folder, "bears")], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  await page.getByText(/^bears\.tar, 1 MiB/).waitFor();
  await button(page, "Make the dataset").click();
  expect(await sidesOfShown()).toEqual(SIDES);
});

withBrowser("an alias is made public, answers a stranger on its page, and is private again at once", async () => {
  const { page } = seat;
  const { client } = world.session;
  const [dataset] = (await client.call("listDatasets", { query: { limit: 1 } })).items;
  const recipe = { phases: ["stage-1"], stage1: { epochs: 1 } } as const;
  const { id } = await client.call("createModel", {
    body: { dataset: dataset?.id ?? "", recipe: { ...recipe, phases: ["stage-1"] } },
  });
  await expect
    .poll(async () => (await client.call("getModel", { params: { id } })).state, { timeout: 300_000 })
    .toBe("ready");
  await client.call("putAlias", { params: { name: "bears@school" }, body: { model: id } });
  await openAt(`#/models/${id}`);
  await page.getByText("Make bears@school public").click();
  await page.getByLabel("Requests a minute").fill("3");
  await isSound("model-make-public");
  await button(page, "Make public").click();
  const link = page.getByRole("link", { name: "its page" });
  await link.waitFor();
  await isSound("model-public");
  const address = new URL((await link.getAttribute("href")) ?? "", world.ursa.apiUrl).href;
  const stranger = await openPage(browser);
  await stranger.page.goto(address);
  await stranger.page.getByRole("heading", { name: "black or grizzly?" }).waitFor();
  const ask = async () => {
    const buffer = await drawBear("black", 40);
    await stranger.page.getByLabel("Choose a picture").setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer });
  };
  await ask();
  await stranger.page.getByText(/^Answered in \d+ ms\.$/).waitFor();
  await stranger.page.locator("#picture").evaluate("(picture) => picture.decode()");
  expect([await takeShots(stranger.page, "public-page"), await seriousFaults(stranger.page)]).toEqual([[], []]);
  expect(stranger.complaints).toEqual([]);
  await ask();
  await stranger.page.getByText(/^Answered in/).waitFor();
  await ask();
  await stranger.page.getByText(/^At most 3 a minute come from one address/).waitFor();
  await button(page, "Make private").click();
  await page.getByText("Make bears@school public").waitFor();
  expect((await stranger.page.goto(address))?.status()).toBe(404);
  await stranger.page.close();
});

withBrowser("pictures of another class are added, and make the next version", async () => {
  const { page } = seat;
  const [dataset] = (await world.session.client.call("listDatasets", { query: { limit: 1 } })).items;
  await openAt(`#/datasets/${dataset?.id}`);
  await page.getByRole("link", { name: "Add pictures" }).click();
  await page.getByLabel("Class", { exact: true }).fill("teddy");
  const teddies = world.gallery.classes.find(({ name }) => name === "teddy");
  await page.getByLabel("URLs, one per line").fill(teddies?.urls.slice(0, 12).join("\n") ?? "");
  await isSound("add-pictures");
  await button(page, "Add them").click();
  await page.getByRole("heading", { name: "Version 2", exact: true }).waitFor();
  await page.getByRole("region", { name: "Classes" }).getByRole("cell", { name: "teddy" }).waitFor();
});

withBrowser("the camera's pictures are answered", async () => {
  const { page } = seat;
  await openAt("#/try?model=bears@school");
  await button(page, "Use the camera").click();
  await button(page, "Take a picture").click();
  await page
    .getByRole("region", { name: "Answer" })
    .getByText(/^Answered by bears@school/)
    .waitFor();
  await isSound("try-it-camera");
  await button(page, "Close the camera").click();
  await button(page, "Use the camera").waitFor();
});

withBrowser("who forbids the camera is told so; where there is none, nothing is said of one", async () => {
  const guarded = await startBrowser(chromium ?? "", CAMERA.slice(0, 1));
  try {
    const { page } = await openPage(guarded);
    await page.goto(`${world.ursa.apiUrl}/#/try`);
    await button(page, "Use the camera").click();
    await page.getByText("The browser does not let this page use the camera").waitFor();
  } finally {
    await guarded.close();
  }
  const bare = await startBrowser(chromium ?? "");
  try {
    const { page } = await openPage(bare);
    await page.goto(`${world.ursa.apiUrl}/#/try`);
    await page.getByLabel("Or the URL of a picture").waitFor();
    expect(await page.evaluate("navigator.mediaDevices.enumerateDevices().then((all) => all.length)")).toBe(0);
    expect(await button(page, "Use the camera").count()).toBe(0);
  } finally {
    await bare.close();
  }
});
