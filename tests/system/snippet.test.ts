// The snippet that lists a search page's pictures, run as a person runs it: in the console of Chromium, on pages whose sites mark their
// results up in three different ways. The pages were drawn for this.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { IMAGE_SNIPPET } from "@ursa/contracts/image-snippet";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "./browser.ts";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so the browser snippet was not tried in one.");
const withBrowser = chromium ? test : test.skip;

let browser: Browser;
beforeAll(async () => {
  if (chromium) browser = await startBrowser(chromium);
});
afterAll(() => browser?.close());

const SITE = "https://search.example/search";

/** @returns what the console answers, and the file that was saved */
async function collect(name: string, query: string) {
  const page = await browser.newPage();
  const body = readFileSync(join(import.meta.dirname, "result-pages", name), "utf8");
  // Nothing but the page is there: thumbnails do not load, as on a slow connection.
  await page.route("**/*", (route) =>
    route.request().url().startsWith(SITE) ? route.fulfill({ body, contentType: "text/html" }) : route.abort(),
  );
  await page.goto(`${SITE}?q=${query}`);
  const [download, urls] = await Promise.all([page.waitForEvent("download"), page.evaluate(IMAGE_SNIPPET)]);
  const file = await readFile(await download.path(), "utf8");
  await page.close();
  return { urls, file, name: download.suggestedFilename() };
}

withBrowser("pictures whose addresses stand in arrays of a script, and in a link's parameter", async () => {
  const { urls, file, name } = await collect("script-arrays.html", "grizzly+bear");
  expect(urls).toEqual([
    "https://zoo.example/photos/grizzly-1.jpg",
    "https://parks.example/wp-content/uploads/2021/05/bear.jpg?fit=1600%2C900&ssl=1",
    "https://upload.example/thumb/a/a9/Grizzly.jpeg/1280px-Grizzly.jpeg",
    "https://cdn.example/images/grizzly%20bear.png",
    "https://older.example/bears/old-markup.jpg",
  ]);
  expect(name).toBe("urls_grizzly_bear.txt");
  expect(file.trimEnd().split("\n")).toEqual(urls);
});

withBrowser("pictures whose addresses stand in JSON of an attribute, one of them without a file's ending", async () => {
  const { urls } = await collect("json-attributes.html", "black+bear");
  expect(urls).toEqual([
    "https://wild.example/black/bear-01.jpg",
    "http://old.example/img/DSC_0042.JPG",
    "https://media.example/render?id=77&format=webp",
  ]);
});

withBrowser(
  "pictures in styles, sets of sizes and proxies' addresses: each once, and in its largest size",
  async () => {
    const { urls, name } = await collect("styles-and-sets.html", "teddy");
    expect([...(urls as string[])].sort()).toEqual([
      "https://live.photos.example/65535/53000000001_aaaa_b.jpg",
      "https://live.photos.example/65535/53000000002_bbbb_b.jpg",
      "https://shop.example/catalogue/teddy-600x600.jpg",
      "https://shop.example/media/plush@2x.webp",
      "https://toys.example/teddy/one.jpg",
    ]);
    expect(name).toBe("urls_teddy.txt");
  },
);
