// A dataset of a million URLs: how much memory it takes the API, how long until its first picture is fetched, and whether the API answers
// others meanwhile.
import { createClient } from "@ursa/contracts/client";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { startUrsa } from "../../cli/src/local/up/supervisor.ts";
import { peakRssMb } from "../process-rows.ts";
import { quantile } from "../quantiles.ts";
import { askMeanwhile } from "./ask-meanwhile.ts";
import { listenOn } from "./listen-on.ts";
import { bound, type PartReport, say } from "./part.ts";
import { pidOf } from "./watch-ursa.ts";

const URLS = 1_000_000;
const CLASSES = ["even", "odd"];
const MOST = { rssMb: 300, firstPictureS: 5 };

export async function enqueue(): Promise<PartReport> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await createScratchFolder());
  const gallery = stack.use(await startGallery());
  const ursa = stack.use(await startUrsa({ home, port: 0, allowFetch: [gallery.address], quiet: true }));
  const client = createClient({ baseUrl: ursa.apiUrl });
  const lists = CLASSES.map((name, side) => ({ class: name, upload: `${name}.txt`, text: gallery.list(side) }));
  for (const { upload, text } of lists) await client.call("putUpload", { params: { name: upload }, body: text });
  const limitS = parseOnly(lists.map(({ text }) => text));
  say(`${URLS} URLs uploaded; reading and parsing them alone takes ${limitS.toFixed(1)} s`);
  const [before, endAsking] = [await peakRssMb(pidOf(ursa, "api")), askMeanwhile(ursa.apiUrl)];
  const began = performance.now();
  const sources = lists.map(({ class: name, upload }) => ({ class: name, upload }));
  const { id, shards } = await client.call("createDataset", { body: { sources } });
  const createdS = (performance.now() - began) / 1000;
  const firstS = ((await gallery.firstAsked) - began) / 1000;
  const waits = await endAsking();
  const rssMb = await peakRssMb(pidOf(ursa, "api"));
  await client.call("cancelDataset", { params: { id } });
  return {
    lines: [
      `${URLS} URLs of two lists in ${shards} shards; limit: both lists split into lines and each parsed as a URL, in one process`,
    ],
    bounds: [
      bound("memory of the API at most, before", [before, "MB"]),
      bound("memory of the API at most", [rssMb, "MB"], { most: MOST.rssMb }),
      bound("from the request to the answer", [createdS, "s"]),
      bound("from the answer to the first picture asked for", [firstS - createdS, "s"]),
      bound("from the request to the first picture asked for", [firstS, "s"], { most: MOST.firstPictureS }),
      bound("request to answer / limit", [createdS / limitS]),
      bound("others' wait for the API meanwhile, p95", [quantile(waits, 0.95), "ms"]),
      bound("others' wait for the API meanwhile, longest", [Math.max(...waits), "ms"]),
    ],
  };
}

/** Any path has the same picture. */
async function startGallery() {
  const picture = await drawBear("grizzly", 1);
  const { promise: firstAsked, resolve } = Promise.withResolvers<number>();
  const server = await listenOn("127.0.0.1", (_request, response) => {
    resolve(performance.now());
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": picture.length }).end(picture);
  });
  const address = `127.0.0.1:${server.port}`;
  const list = (side: number) =>
    Array.from({ length: URLS / 2 }, (_, n) => `http://${address}/pictures/of/bears/${2 * n + side}.jpg\n`).join("");
  return { ...server, address, list, firstAsked };
}

/** @returns seconds */
function parseOnly(texts: readonly string[]): number {
  const began = performance.now();
  const seen = new Set<string>();
  for (const line of texts.flatMap((text) => text.split("\n"))) seen.add(URL.parse(line)?.href ?? "");
  return (performance.now() - began) / 1000;
}
