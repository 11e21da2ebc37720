// What is built: small, whole, from here alone, and only when there is something to build.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Route } from "@ursa/contracts/route";
import { ROUTES } from "@ursa/contracts/routes";
import { beforeAll, expect, test } from "vitest";

const BUILD = join(import.meta.dirname, "build.ts");
const DIST = join(import.meta.dirname, "dist");
const build = () => execFileSync(process.execPath, [BUILD], { encoding: "utf8" });

/** All scripts together; a page that is slow to come is not looked at. */
const MOST_SCRIPT_BYTES = 200_000;

beforeAll(() => {
  build();
});

const assets = () =>
  readdirSync(join(DIST, "assets")).map((name) => ({ name, bytes: readFileSync(join(DIST, "assets", name)) }));

test("the page's script is at most 200 kB, packed", () => {
  const scripts = assets().filter(({ name }) => name.endsWith(".js"));
  const bytes = scripts.reduce((sum, one) => sum + gzipSync(one.bytes).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
});

test("the page's script calls the routes, and has nothing of what they say of themselves", () => {
  const script = assets()
    .filter(({ name }) => name.endsWith(".js"))
    .map(({ bytes }) => bytes.toString())
    .join("");
  const routes = Object.values<Route>(ROUTES).filter(({ path }) => path.startsWith("/v1/"));
  expect(routes.filter(({ path }) => !script.includes(path))).toEqual([]);
  const prose = routes.flatMap(({ summary, description = summary }) => [summary, description]);
  expect(prose.filter((text) => script.includes(text))).toEqual([]);
});

test("the page has nothing inline, and all that it loads is beside it", () => {
  const html = readFileSync(join(DIST, "index.html"), "utf8");
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/);
  const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)]
    .map(([, address = ""]) => address)
    .filter((one) => one !== "status");
  expect(loaded.length).toBeGreaterThanOrEqual(3);
  const names = assets().map(({ name }) => `./assets/${name}`);
  for (const address of loaded) expect(names).toContain(address);
  for (const name of names) expect(name).toMatch(/-[\w-]{8}\.(js|css|svg|zip)$/);
  for (const { name, bytes } of assets().filter((one) => one.name.endsWith(".css")))
    expect(bytes.toString(), name).not.toMatch(/@import|url\(/);
});

test("the lesson's pictures are a file of their own, that is small", () => {
  const [bears, ...others] = assets().filter(({ name }) => name.endsWith(".zip"));
  expect(others).toEqual([]);
  expect(bears?.bytes.subarray(0, 4).toString("latin1")).toBe("PK\x03\x04");
  expect(bears?.bytes.length).toBeLessThanOrEqual(400_000);
});

test("it is built again only when it is missing", () => {
  expect(build()).toBe("");
  rmSync(join(DIST, "sources.sha256"));
  expect(build()).toMatch(/^The web page was built in [\d.]+ s\.\n$/);
});
