// A thousand people watch one dataset, then a thousand ten: all hear of its end, at what cost to the API, and every connection closes.
import { setTimeout as delay } from "node:timers/promises";
import { type Client, createClient } from "@ursa/contracts/client";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { startUrsa, type Ursa } from "../../cli/src/local/up/supervisor.ts";
import { openFilesOf } from "../process-rows.ts";
import { askMeanwhile } from "./ask-meanwhile.ts";
import type { Order as BareOrder, Told } from "./bare-events.ts";
import { startChild } from "./child-program.ts";
import type { Order, Read } from "./event-reader.ts";
import { listenOn } from "./listen-on.ts";
import { type Bound, bound, type PartReport } from "./part.ts";
import { pidOf, type Watch, watchUrsa } from "./watch-ursa.ts";

const READERS = 1000;
const JOBS = [1, 10];
/** Pictures of each dataset: a line of progress for some of them. */
const URLS = 64;
const SETTLE_MS = 5000;
const MOST = { growthMb: 200, waitMs: 500, leftOpen: 8, spreadMs: 5000 };

export async function sse(): Promise<PartReport> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await createScratchFolder());
  const gallery = stack.use(await startGatedGallery());
  const ursa = stack.use(await startUrsa({ home, port: 0, allowFetch: [gallery.address], quiet: true }));
  const watch = stack.use(watchUrsa(ursa));
  const client = createClient({ baseUrl: ursa.apiUrl });
  const limit = await bareGrowthMb();
  const bounds: Bound[] = [];
  for (const jobs of JOBS) bounds.push(...(await measure({ ursa, watch, client, gallery, limit }, jobs)));
  return {
    lines: [
      `${READERS} readers; limit: a bare node:http server that holds as many streams and writes the same lines takes ${limit.toFixed(0)} MB for them`,
    ],
    bounds,
  };
}

type Parts = { ursa: Ursa; watch: Watch; client: Client; gallery: Gallery; limit: number };

async function measure({ ursa, watch, client, gallery, limit }: Parts, jobs: number): Promise<Bound[]> {
  const pid = pidOf(ursa, "api");
  gallery.close();
  const urls: string[] = [];
  for (let job = 0; job < jobs; job++) {
    const { id } = await client.call("createDataset", { body: { sources: gallery.sources() } });
    urls.push(`${ursa.apiUrl}/v1/datasets/${id}/events`);
  }
  await using readers = startChild<Order, Read>("event-reader.ts");
  const memory = () => watch.rssMb("api", { from: watch.now() - SETTLE_MS / 1000, to: watch.now() });
  await delay(SETTLE_MS);
  const [files, before, began] = [await openFilesOf(pid), memory(), await watch.read()];
  await readers.ask({ open: { urls, readers: READERS } });
  await delay(SETTLE_MS);
  const grown = memory() - before;
  const endAsking = askMeanwhile(ursa.apiUrl);
  gallery.open();
  const { ended, events, spreadMs } = await readers.ask({ await: "ended" });
  const wait = Math.max(...(await endAsking()));
  const cpu = ((await watch.read()).cpu.api ?? 0) - (began.cpu.api ?? 0);
  const leftOpen = await settled(async () => (await openFilesOf(pid)) - files);
  return [
    bound("readers that heard the end", [ended], { least: READERS }),
    bound("events read", [events]),
    bound("from the first who heard an end to the last", [spreadMs, "ms"], jobs === 1 ? { most: MOST.spreadMs } : {}),
    bound("memory of the API, more than before", [grown, "MB"], { most: MOST.growthMb }),
    bound("memory of the API, more than before / limit", [grown / limit]),
    bound("longest wait for another answer of the API", [wait, "ms"], { most: MOST.waitMs }),
    bound("CPU of the API for an event that was read", [(1000 * cpu) / events, "ms"]),
    bound("connections of the API that stay open", [leftOpen], { most: MOST.leftOpen }),
  ].map((one) => ({ ...one, what: `${jobs} ${jobs === 1 ? "job" : "jobs"}: ${one.what}` }));
}

/** What a Node process grows by that only holds streams and writes to them. */
async function bareGrowthMb(): Promise<number> {
  await using server = startChild<{ do: BareOrder }, Told>("bare-events.ts");
  await using readers = startChild<Order, Read>("event-reader.ts");
  const { url, rssMb } = await server.ask({ do: "listen" });
  await readers.ask({ open: { urls: [url], readers: READERS } });
  for (let event = 0; event < URLS; event++) await server.ask({ do: "send" });
  const full = await server.ask({ do: "send" });
  await server.ask({ do: "end" });
  await readers.ask({ await: "ended" });
  return full.rssMb - rssMb;
}

const SETTLED_WITHIN_MS = 15_000;

/** Kept connections close by themselves after a while. @returns what is left then */
async function settled(count: () => Promise<number>): Promise<number> {
  let left = Number.POSITIVE_INFINITY;
  const isDown = async () => {
    left = await count();
    return left <= 0;
  };
  await waitUntil(isDown, { what: "connections to close", timeoutMs: SETTLED_WITHIN_MS, intervalMs: 500 }).catch(
    () => {},
  );
  return left;
}

type Gallery = Awaited<ReturnType<typeof startGatedGallery>>;

/** Nothing is answered while it is closed. */
async function startGatedGallery() {
  const picture = await drawBear("grizzly", 1);
  let gate = Promise.withResolvers<void>();
  let listed = 0;
  const server = await listenOn("127.0.0.1", async (_request, response) => {
    await gate.promise;
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": picture.length }).end(picture);
  });
  const address = `127.0.0.1:${server.port}`;
  const urlsOf = (name: string) => Array.from({ length: URLS / 2 }, () => `http://${address}/${name}/${listed++}.jpg`);
  return {
    ...{ ...server, address },
    sources: () => ["even", "odd"].map((name) => ({ class: name, urls: urlsOf(name) })),
    close() {
      gate = Promise.withResolvers<void>();
    },
    open: () => gate.resolve(),
  };
}
