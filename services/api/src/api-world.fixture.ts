// The API as it runs, in this process: a real Redis, a store in a folder, the real app on a free port, the derived client, and
// one small server that stands in for the inferer and the downloader.
import { createAliases } from "@ursa/catalog/aliases";
import { createApiKeys } from "@ursa/catalog/api-keys";
import { createCatalog } from "@ursa/catalog/catalog";
import { createKeyGate } from "@ursa/catalog/key-gate";
import { createRecordIndex } from "@ursa/catalog/record-index";
import { createWebhooks } from "@ursa/catalog/webhooks";
import { createClient } from "@ursa/contracts/client";
import { Problem } from "@ursa/contracts/problem";
import { startServer } from "@ursa/http/server";
import { connectProducer } from "@ursa/queue/connection";
import type { Producer } from "@ursa/queue/producer";
import { createEvents } from "@ursa/queue/progress";
import { createHealth } from "@ursa/service/health";
import { createLogger } from "@ursa/service/logger";
import { createMetrics } from "@ursa/service/metrics";
import { openFolderStore } from "@ursa/store/folder-store";
import type { ObjectStore } from "@ursa/store/object-store";
import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { createApp } from "./app.ts";
import { createAuthenticate } from "./authenticate.ts";
import { createRedisChecks } from "./check-redis.ts";
import { lazyDecoders } from "./lazy-decoders.ts";
import { openJobs } from "./open-jobs.ts";
import { openQuotas } from "./open-quotas.ts";
import { queuePage } from "./operations/queue-page.ts";
import { replicasOf } from "./replicas.ts";
import { startStandIn } from "./stand-in.fixture.ts";
import { readWebFiles } from "./web-files.ts";

export type World = Awaited<ReturnType<typeof startWorld>>;
type Options = {
  /** Puts something between the app and the real part. */
  producer?: (real: Producer) => Producer;
  store?: (real: ObjectStore) => ObjectStore;
  /** Asks for keys, and this is the installation's own. */
  adminKey?: string;
  /** Where the built web page lies. */
  webFolder?: string;
  /** A Redis that is not as tests usually have it. */
  redis?: () => Promise<TestRedis>;
  /** URSA_QUOTA_… as the configuration has them. */
  limits?: Record<string, number | string>;
  /** Unix milliseconds, where a day is to end. */
  now?: () => number;
};

export async function startWorld(options: Options = {}) {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await (options.redis ?? startRedis)());
  const folder = stack.use(await createScratchFolder());
  const storeUrl = `file://${folder.path}`;
  const real = await openFolderStore({ root: folder.path });
  stack.defer(() => real.close());
  const connection = connectProducer(redis.url);
  stack.defer(() => connection.close());
  const { log, logs, logLines } = logTo();
  const store = options.store?.(real) ?? real;
  const onClose = (_name: string, end: () => Promise<void>) => stack.defer(end);
  const { producer, queues, notifier } = openJobs({ store, connection, log, onClose });
  const events = createEvents(connection);
  stack.defer(async () => events.close());
  const standIn = stack.use(await startStandIn());
  const { decoders, close } = lazyDecoders();
  stack.defer(close);
  const catalog = createCatalog({ store, index: createRecordIndex(connection), onEnded: notifier.onEnded });
  const aliases = createAliases({ store, catalog });
  const { isFit, checkRedis } = createRedisChecks(connection, producer);
  const apiKeys = createApiKeys(store);
  const gate = createKeyGate(store);
  const web = readWebFiles(options.webFolder);
  const places = { inferers: replicasOf(standIn.url), downloaders: replicasOf(standIn.url) };
  const webhooks = createWebhooks(store);
  const [metrics, settings] = [createMetrics("api"), options.limits ?? {}];
  const { countRequest, ...counting } = openQuotas({ store, connection, settings, metrics, now: options.now });
  const parts = { store, storeUrl, catalog, aliases, apiKeys, webhooks, notifier, queues, events, ...counting };
  const deps = { ...parts, decoders, log, checkRedis, web, ...places };
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    log,
    metrics,
    health: createHealth({ redis: isFit, store: () => store.check() }, new AbortController().signal),
    countRequest,
    authenticate: options.adminKey ? createAuthenticate(gate, { current: options.adminKey }) : undefined,
    plainRoutes: web.routes,
    // As behind a proxy on this machine, so that a test may ask from many addresses.
    trustedProxies: "127.0.0.1",
    mounts: [queuePage(connection, onClose)],
    handlers: createApp({ ...deps, producer: options.producer?.(producer) ?? producer }),
  });
  stack.defer(() => server.close());
  const kept = stack.move();
  return {
    ...{ ...deps, redis, connection, producer, standIn, logs, logLines, url: server.url, folder: folder.path },
    addresses: server.addresses,
    client: createClient({ baseUrl: server.url, key: options.adminKey }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function logTo() {
  const logs: Record<string, unknown>[] = [];
  const logLines: string[] = [];
  const write = (line: string) => {
    logLines.push(line);
    logs.push(JSON.parse(line));
  };
  return { log: createLogger({ service: "api", level: "debug", destination: { write } }), logs, logLines };
}

/** What the API refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<Problem> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw new Error(`expected a problem, got ${error}`, { cause: error });
}

export async function keysUnder({ store }: Pick<World, "store">, prefix = "ns/"): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

export async function toArray<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

export const urls = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `https://pictures.example/${name}/${n}.jpg`);
