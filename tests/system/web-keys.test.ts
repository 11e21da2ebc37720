// The web page of an Ursa that runs with keys: the page itself is for everybody, and what it shows is asked for with the key.
import { createClient } from "@ursa/contracts/client";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { findChromium } from "@ursa/testing/find-chromium";
import { expect, test } from "vitest";
import { listPasswordPrompts, openPage, seriousFaults, startBrowser, takeShots } from "./browser.ts";
import { startWorld } from "./world.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";

const chromium = await findChromium();
if (!chromium) reportAbsentPart("Chromium was not found, so the web page was not tried in a browser.");

test.skipIf(!chromium)("a key is asked for once, kept in the tab, and in no address", async () => {
  await using world = await startWorld({ env: { URSA_ADMIN_KEY: ADMIN_KEY } });
  const client = createClient({ baseUrl: world.ursa.apiUrl, key: ADMIN_KEY, retries: 40 });
  const { token } = await client.call("createKey", { body: { name: "reader", scopes: ["read"] } });
  const sources = world.gallery.classes.map(({ name, urls }) => ({ class: name, urls: urls.slice(0, 4) }));
  const { id } = await client.call("createDataset", { body: { name: "bears", sources } });
  const browser = await startBrowser(chromium ?? "");
  const { page, complaints } = await openPage(browser);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  try {
    const prompts = await listPasswordPrompts(page);
    await page.goto(world.ursa.apiUrl);
    await page.getByLabel("API key").fill(`${token.slice(0, -3)}xxx`);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("key_unknown").waitFor();
    expect([await takeShots(page, "key"), await seriousFaults(page)]).toEqual([[], []]);
    await page.getByLabel("API key").fill(token);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("link", { name: "bears" }).click();
    await page.getByRole("link", { name: "Train on it" }).waitFor();
    // Pictures come with the key too.
    await page.locator(".cell img").first().waitFor();
    // What the browser says of the refusals that were asked for, and no more.
    expect(complaints.splice(0).filter((text) => !/401/.test(text) && !/403/.test(text))).toEqual([]);
    // A reload is the same tab; the key is good for looking, and what it may not is not shown or is refused in words.
    await page.goto(`${world.ursa.apiUrl}/#/`);
    await page.reload();
    await page.getByRole("heading", { name: "Datasets" }).waitFor();
    expect(await page.getByRole("heading", { name: "Queues" }).count()).toBe(0);
    await page.goto(`${world.ursa.apiUrl}/#/train?dataset=${id}`);
    await page.getByRole("button", { name: "Start training" }).click();
    await page.getByRole("alert").getByText("This needs a key with the scope write").waitFor();
    await page.getByRole("button", { name: "Forget the key" }).click();
    await page.getByLabel("API key").waitFor();
    expect(await page.evaluate("Object.keys(sessionStorage).length + Object.keys(localStorage).length")).toBe(0);
    expect(asked.length).toBeGreaterThan(20);
    // The page asks for the key itself; the browser, which would for any other page of ours, does not.
    expect(prompts).toEqual([]);
    await page.evaluate("fetch('/v1/aliases').catch(() => {})");
    expect(prompts).toHaveLength(1);
    for (const address of asked) expect(address).not.toContain(token.slice(-20));
  } finally {
    await browser.close();
  }
});
