// `ursa bench grid`: the page of a dataset with 10,000 items in headless Chromium, scrolled from its first to its last picture, with Ursa on
// the same machine. `--json` ends with one line of JSON.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { createClient } from "@ursa/contracts/client";
import { findChromium } from "@ursa/testing/find-chromium";
import { drawBear } from "@ursa/testing/pictures";
import { chromium } from "playwright-core";
import { startUrsa } from "../cli/src/local/up/supervisor.ts";
import { machine } from "./machine.ts";
import { p50, p95 } from "./quantiles.ts";
import { startScaleGallery } from "./scale-gallery.ts";
import { scrollThrough } from "./scroll-probe.ts";

const MOST = { nodes: 300, taskMs: 50, frameP95Ms: 33, scriptBytes: 200_000 };
/** Pixels a second: a few screens. */
const SPEED = 3000;

const { values } = parseArgs({
  options: { items: { type: "string", default: "10000" }, json: { type: "boolean", default: false } },
});
const items = Number(values.items);
const executablePath = await findChromium();
if (!executablePath || !(items >= 100)) {
  console.error("Usage: ursa bench grid [--items 10000] [--json]; it needs Chromium: apt-get install chromium.");
  process.exit(2);
}

await using stack = new AsyncDisposableStack();
const home = await mkdtemp(join(tmpdir(), "ursa-bench-"));
stack.defer(() => rm(home, { recursive: true, force: true }));
const gallery = stack.use(await startScaleGallery(0, (seed) => drawBear("grizzly", seed)));
const ursa = stack.use(await startUrsa({ home, port: 0, allowFetch: [gallery.address] }));
const id = await fillDataset();
const scriptBytes = await packedScript();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
stack.defer(() => browser.close());
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(`${ursa.apiUrl}/#/datasets/${id}`);
await page.locator(".cell img").nth(5).waitFor();
const seen = await scrollThrough(page, SPEED);

const longestTaskMs = Math.max(0, ...seen.longTasks);
const [frameP50Ms, frameP95Ms] = [p50(seen.frames), p95(seen.frames)];
const last = await page.locator(`[data-index="${items - 1}"]`).count();
const ok =
  last === 1 &&
  seen.nodes <= MOST.nodes &&
  longestTaskMs <= MOST.taskMs &&
  frameP95Ms <= MOST.frameP95Ms &&
  scriptBytes <= MOST.scriptBytes;
console.log(`${machine()}, Chromium ${browser.version()}\n`);
console.log(
  `${items} items, ${seen.pixels} pixels at ${SPEED} a second, ${last === 1 ? "to the last one" : "NOT to the last one"}`,
);
console.log(`elements in the document at once: ${seen.nodes} (${MOST.nodes} at most)`);
console.log(
  `tasks longer than ${MOST.taskMs} ms: ${seen.longTasks.length}${longestTaskMs ? `, the longest ${longestTaskMs.toFixed(0)} ms` : ""} (none)`,
);
console.log(
  `from frame to frame: p50 ${frameP50Ms.toFixed(1)} ms, p95 ${frameP95Ms.toFixed(1)} ms (${MOST.frameP95Ms} at most), of ${seen.frames.length}`,
);
console.log(`pictures there when scrolling pauses: ${(100 * p50(seen.shown)).toFixed(0)} % (median)`);
console.log(`the page's script, packed: ${(scriptBytes / 1000).toFixed(1)} kB (${MOST.scriptBytes / 1000} at most)`);
const report = {
  ok,
  items,
  nodes: seen.nodes,
  longTasks: seen.longTasks.length,
  longestTaskMs,
  frameP50Ms,
  frameP95Ms,
  scriptBytes,
};
if (values.json) console.log(JSON.stringify(report));
process.exitCode = ok ? 0 : 1;

/** Through the API, as everybody's. */
async function fillDataset(): Promise<string> {
  const client = createClient({ baseUrl: ursa.apiUrl });
  const sources = gallery.lists(items).map(({ class: name, urls }) => ({ class: name, urls }));
  const dataset = await client.call("createDataset", { body: { name: `${items} items`, sources } });
  for await (const { data } of await client.call("datasetEvents", { params: { id: dataset.id } })) {
    if (data.type === "progress")
      process.stderr.write(`\r${data.progress.phase} ${data.progress.done}/${data.progress.total} `);
    if (data.type === "state" && data.state === "ready") break;
  }
  process.stderr.write("\n");
  const { counts } = await client.call("getDataset", { params: { id: dataset.id } });
  if (counts?.outcomes.ok !== items)
    throw new Error(`Expected ${items} pictures, got ${JSON.stringify(counts?.outcomes)}.`);
  return dataset.id;
}

async function packedScript(): Promise<number> {
  const html = await (await fetch(`${ursa.apiUrl}/`)).text();
  const sources = [...html.matchAll(/src="([^"]+\.js)"/g)].map(
    ([, source]) => new URL(source ?? "", `${ursa.apiUrl}/`),
  );
  if (sources.length === 0) throw new Error("The page names no script.");
  const packed = await Promise.all(
    sources.map(async (url) => gzipSync(await (await fetch(url)).bytes(), { level: 9 }).length),
  );
  return packed.reduce((sum, length) => sum + length, 0);
}
