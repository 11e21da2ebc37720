// The first click: an empty Ursa, which here has keys, trains on the bears that come with the page.

import { createClient } from "@ursa/contracts/client";
import type { Scope } from "@ursa/contracts/scopes";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import { drawBear } from "@ursa/testing/pictures";
import { expect, test } from "vitest";
import { assertSound, openPage, startBrowser } from "./browser.ts";
import { startWorld } from "./world.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
/** On two cores that others use too. */
const LESSON_SECONDS = 120;

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so the lesson was not started in a browser.");

test.skipIf(!chromium)("one click makes a model of an empty Ursa, for a key that may", async () => {
  await using world = await startWorld({ env: { URSA_ADMIN_KEY: ADMIN_KEY } });
  const client = createClient({ baseUrl: world.ursa.apiUrl, key: ADMIN_KEY, retries: 40 });
  const keyOf = async (scopes: Scope[]) =>
    (await client.call("createKey", { body: { name: scopes.join(), scopes } })).token;
  const browser = await startBrowser(chromium ?? "");
  const seat = await openPage(browser);
  const { page } = seat;
  const start = page.getByRole("button", { name: "Start the lesson" });
  try {
    await page.goto(world.ursa.apiUrl);
    await page.getByLabel("API key").fill(await keyOf(["read"]));
    await page.getByRole("button", { name: "Go on" }).click();
    await start.click();
    await page.getByRole("alert").getByText("This needs a key with the scope write").waitFor();
    expect((await client.call("listDatasets", {})).items).toEqual([]);
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByLabel("API key").fill(await keyOf(["write", "operate"]));
    await page.getByRole("button", { name: "Go on" }).click();
    // What the browser says of the refusals that were asked for.
    expect(seat.complaints.splice(0).filter((text) => !/401/.test(text) && !/403/.test(text))).toEqual([]);

    const began = performance.now();
    await start.dblclick();
    await page.getByRole("heading", { name: "The lesson" }).waitFor();
    await page.getByRole("progressbar").waitFor();
    await assertSound(seat, "home-lesson");
    await page.getByRole("heading", { name: "lesson", exact: true }).waitFor();
    await page.locator(".badge.ready").waitFor({ timeout: 300_000 });
    const seconds = (performance.now() - began) / 1000;
    process.stderr.write(`From the first click to a model: ${seconds.toFixed(0)} s\n`);
    expect(seconds).toBeLessThan(LESSON_SECONDS);
    await page.getByText("That was the lesson").waitFor();
    await page.getByRole("region", { name: "Stages" }).getByText("of 18 validation pictures").waitFor();
    await assertSound(seat, "model-lesson");

    const [dataset, ...datasets] = (await client.call("listDatasets", {})).items;
    const [model, ...models] = (await client.call("listModels", {})).items;
    expect([datasets, models, (await client.call("listAliases", {})).items]).toEqual([[], [], []]);
    expect(dataset?.counts?.outcomes).toEqual({ ok: 90 });
    expect(model?.recipe.phases).toEqual(["stage-1"]);

    await page.getByRole("link", { name: "Try it on a picture" }).first().click();
    const buffer = await drawBear("teddy", 4);
    await page.getByLabel("Choose a picture").setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer });
    await page.getByRole("region", { name: "Answer" }).getByRole("heading", { name: "teddy" }).waitFor();
  } finally {
    await browser.close();
  }
});
