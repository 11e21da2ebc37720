// The built page as the API serves it: for everybody, also where data need a key, and with nothing inline or from elsewhere.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "./api-world.fixture.ts";
import { readWebFiles } from "./web-files.ts";

const HTML = '<!doctype html><script type="module" src="./assets/index-1.js"></script>';
const SCRIPT = `console.log("${"bear ".repeat(1000)}");`;

let world: World;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  const folder = stack.use(await createScratchFolder());
  await mkdir(join(folder.path, "assets"));
  await writeFile(join(folder.path, "index.html"), HTML);
  await writeFile(join(folder.path, "sources.sha256"), "not for readers");
  await writeFile(join(folder.path, "assets/index-1.js"), SCRIPT);
  await writeFile(join(folder.path, "assets/index-1.css"), "p{}");
  world = stack.use(await startWorld({ webFolder: folder.path, adminKey: "the-admin-key-of-this-test-0123456789" }));
});
afterAll(() => stack.disposeAsync());

/** fetch would unpack what it gets and say no more of it. */
const plain = { "accept-encoding": "identity" };

test("the page needs no key, loads nothing inline or from elsewhere, and is asked for anew each time", async () => {
  const response = await fetch(world.url, { headers: plain });
  expect([response.status, await response.text()]).toEqual([200, HTML]);
  const policy = response.headers.get("content-security-policy");
  expect(policy?.split("; ")[0]).toBe("default-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("cache-control")).toBe("no-cache");
  expect(response.headers.get("permissions-policy")).toContain("camera=(self)");
  expect((await fetch(`${world.url}/v1/models`)).status).toBe(401);
});

test("its files are kept for ever under names that change with them, packed for who takes that", async () => {
  const address = `${world.url}/assets/index-1.js`;
  const unpacked = await fetch(address, { headers: plain });
  expect(unpacked.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(unpacked.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(unpacked.headers.get("content-encoding")).toBeNull();
  expect(await unpacked.text()).toBe(SCRIPT);
  const packed = await fetch(address);
  expect([packed.headers.get("content-encoding"), packed.headers.get("vary")]).toEqual(["gzip", "accept-encoding"]);
  expect(Number(packed.headers.get("content-length"))).toBeLessThan(SCRIPT.length / 10);
  expect(await packed.text()).toBe(SCRIPT);
  const [route] = world.web.routes.filter(({ path }) => path.endsWith(".js"));
  expect(route?.path).toBe("/assets/index-1.js");
});

test.each(["/assets/index-2.js", "/assets/../sources.sha256", "/assets/%2e%2e/sources.sha256", "/sources.sha256"])(
  "%s is no file of the page",
  async (path) => {
    const response = await fetch(world.url + path);
    expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: "not_found" })]);
  },
);

test("where nothing was built, the page says how to build it", async () => {
  await using empty = await createScratchFolder();
  const web = readWebFiles(empty.path);
  const { body, headers } = web.page({ "accept-encoding": "br, gzip" });
  // What is answered to such a header is packed bytes.
  expect(gunzipSync(body as Uint8Array).toString()).toContain("node services/api/web/build.ts");
  expect(headers?.["content-encoding"]).toBe("gzip");
  expect(web.routes).toEqual([]);
});
