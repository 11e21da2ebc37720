// A hundred thousand URLs of which none has a picture any more: they end, those worth asking again are asked again after a while, and
// nothing turns in circles meanwhile.
import { createClient } from "@ursa/contracts/client";
import { findFreePort } from "@ursa/testing/free-port";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { startUrsa } from "../../cli/src/local/up/supervisor.ts";
import { p50 } from "../quantiles.ts";
import { endOf } from "../until-ready.ts";
import { listenOn } from "./listen-on.ts";
import { bound, type PartReport, say } from "./part.ts";
import { type Reading, watchUrsa } from "./watch-ursa.ts";

const URLS = 100_000;
/** Of a hundred. A server that is away for a moment says 503; only that is asked again. */
const KINDS = { refused: 30, gone: 60, busy: 10 };
/** Loopback is a whole range, and a downloader asks one host six times at once. */
const HOSTS = 32;
const MOST = { cpuMs: 8, commands: 1, attempts: 3 };
const LEAST_PAUSE_MS = 250;

export async function dead(): Promise<PartReport> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await createScratchFolder());
  const gallery = stack.use(await startDeadGallery());
  const allowFetch = [gallery.port, gallery.closedPort].map((port) => `127.0.0.0/24:${port}`);
  const ursa = stack.use(await startUrsa({ home, port: 0, allowFetch, quiet: true }));
  const watch = stack.use(watchUrsa(ursa));
  const client = createClient({ baseUrl: ursa.apiUrl });
  const sources = ["even", "odd"].map((name) => ({ class: name, upload: `${name}.txt` }));
  for (const [side, { upload }] of sources.entries())
    await client.call("putUpload", { params: { name: upload }, body: gallery.list(side) });
  const before = await watch.read();
  const { id } = await client.call("createDataset", { body: { sources } });
  const { data: end } = await endOf(await client.call("datasetEvents", { params: { id } }), id);
  const after = await watch.read();
  say(`${id} ended ${end.state}`);
  const { counts } = await client.call("getDataset", { params: { id } });
  const settled = Object.values(counts?.outcomes ?? {}).reduce((sum, count) => sum + count, 0);
  return { lines: [describe()], bounds: [...costs(before, after), ...gallery.bounds(), lostOf(settled)] };
}

const describe = () =>
  `${URLS} URLs on ${HOSTS} hosts: ${KINDS.refused} % without a server, ${KINDS.gone} % answered 404, ${KINDS.busy} % answered 503 whenever they are asked`;

const lostOf = (settled: number) => bound("URLs without an outcome", [URLS - settled], { most: 0 });

function costs(before: Reading, after: Reading) {
  const seconds = after.at - before.at;
  const cpu = (name: string) => (1000 * ((after.cpu[name] ?? 0) - (before.cpu[name] ?? 0))) / URLS;
  const commands = (after.commands - before.commands) / URLS;
  return [
    bound("drained in", [seconds, "s"]),
    bound("URLs a second", [URLS / seconds]),
    bound("CPU of the downloader for a URL", [cpu("downloader"), "ms"], { most: MOST.cpuMs }),
    bound("CPU of the API for a URL", [cpu("api"), "ms"]),
    bound("CPU of Redis for a URL", [cpu("redis"), "ms"]),
    bound("Redis commands for a URL", [commands], { most: MOST.commands }),
  ];
}

async function startDeadGallery() {
  const asked = new Map<string, number[]>();
  // Every address of loopback is this server's.
  const server = await listenOn("0.0.0.0", ({ url = "/", headers }, response) => {
    const isBusy = url.startsWith("/busy");
    const name = `${headers.host}${url}`;
    if (isBusy) asked.set(name, [...(asked.get(name) ?? []), performance.now()]);
    response.writeHead(isBusy ? 503 : 404).end();
  });
  const closedPort = await findFreePort();
  const urlOf = (n: number) => {
    const kind = n % 100 < KINDS.refused ? "refused" : n % 100 < KINDS.refused + KINDS.gone ? "gone" : "busy";
    const host = `127.0.0.${1 + (Math.floor(n / 100) % HOSTS)}`;
    return `http://${host}:${kind === "refused" ? closedPort : server.port}/${kind}/${n}.jpg\n`;
  };
  // A step that no number of them leads back from mixes the kinds.
  const list = (side: number) =>
    Array.from({ length: URLS / 2 }, (_, n) => urlOf((n * 37 + side * (URLS / 2)) % URLS)).join("");
  const bounds = () => {
    const times = [...asked.values()];
    const pauses = times.flatMap((each) => each.slice(1).map((at, n) => at - (each[n] ?? 0)));
    const most = times.reduce((max, { length }) => Math.max(max, length), 0);
    return [
      bound("attempts at one that answers 503, at most", [most], { most: MOST.attempts }),
      bound("pause before another attempt, median", [p50(pauses), "ms"], { least: LEAST_PAUSE_MS }),
    ];
  };
  return { ...server, closedPort, list, bounds };
}
