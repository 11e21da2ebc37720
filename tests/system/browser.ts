// A real browser before all of Ursa: what a person sees and does, what the console says, and a picture of each page.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/** Kept for people to look at, and for CI to keep. */
const SHOTS = resolve(process.env.URSA_TEST_SHOTS_DIR ?? join(import.meta.dirname, "../../.ursa/screenshots"));
const WIDTHS = [1280, 360];
const SCHEMES = ["light", "dark"] as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** On two busy cores. */
const PATIENCE_MS = 60_000;

/** A page that keeps what its console complained of. */
export type Watched = { page: Page; complaints: string[] };

/** Chromium's own sandbox needs user namespaces, which containers and root often lack; it opens our pages only. */
export const startBrowser = (executablePath: string, more: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", ...more] });

export async function openPage(browser: Browser): Promise<Watched> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return { page, complaints };
}

/** The addresses for which Chromium would ask a person for a name and a password; it is told that they said no. */
export async function listPasswordPrompts(page: Page): Promise<string[]> {
  const prompts: string[] = [];
  const session = await page.context().newCDPSession(page);
  // What the page has given up meanwhile cannot be continued.
  session.on("Fetch.requestPaused", ({ requestId }) => {
    session.send("Fetch.continueRequest", { requestId }).catch(() => {});
  });
  session.on("Fetch.authRequired", ({ requestId, request }) => {
    prompts.push(request.url);
    const authChallengeResponse = { response: "CancelAuth" } as const;
    session.send("Fetch.continueWithAuth", { requestId, authChallengeResponse }).catch(() => {});
  });
  await session.send("Fetch.enable", { handleAuthRequests: true });
  return prompts;
}

/** At each width and in each scheme. @returns what is wider than its screen */
export async function takeShots(page: Page, name: string): Promise<string[]> {
  mkdirSync(SHOTS, { recursive: true });
  const tooWide: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      // A grid is as long as its dataset, and draws what is on the screen.
      const fullPage = (await page.locator(".grid").count()) === 0;
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`), fullPage });
    }
    const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    if (Number(overflow) > 0) tooWide.push(`${name} at ${width}: ${overflow} px`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  return tooWide;
}

type Violation = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] };

/** In both schemes, and on a phone once: colours do not depend on the width. */
const EXAMINED = [
  { width: 1280, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
  { width: 360, colorScheme: "light" },
] as const;

/** What axe-core finds serious or critical. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const { width, colorScheme } of EXAMINED) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    // As the debugger does, so that the page's own policy on scripts stays as it is.
    const violations: Violation[] = await page.evaluate(
      `${AXE}; axe.run(document).then(({ violations }) => violations)`,
    );
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    found.push(
      ...serious.map(
        ({ id, nodes }) => `${width} ${colorScheme} ${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
      ),
    );
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

/** What every page owes: its pictures, no serious fault, nothing wider than the screen, a quiet console. */
export async function assertSound({ page, complaints }: Watched, name: string): Promise<void> {
  expect(await takeShots(page, name)).toEqual([]);
  expect(await seriousFaults(page), name).toEqual([]);
  expect(complaints, name).toEqual([]);
}
