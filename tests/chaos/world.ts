// Ursa as separate processes on one machine, each of which can be killed, frozen, started again and given another environment; Redis and the
// S3 stub behind proxies that can cut them off.
import { createClient } from "@ursa/contracts/client";
import type { ObjectStore } from "@ursa/store/object-store";
import { openStore } from "@ursa/store/open-store";
import { findFreePort } from "@ursa/testing/free-port";
import type { ImageServer } from "@ursa/testing/image-server";
import { startRedis, type TestRedis } from "@ursa/testing/redis";
import type { S3Stub } from "@ursa/testing/s3-stub";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { type SeededRandom, seededRandom } from "@ursa/testing/seeded-random";
import { type ServiceProcess, startServiceProcess } from "@ursa/testing/service-process";
import { startTcpProxy, type TcpProxy } from "@ursa/testing/tcp-proxy";
import { ursaServices } from "../../cli/src/local/up/service-table.ts";
import { type Listing, startGallery } from "./gallery.ts";
import { type History, startHistory } from "./history.ts";
import { type StoreKind, startWorldStore } from "./world-store.ts";

export type ServiceName = "api" | "downloader" | "trainer" | "inferer" | "inferer-batch";
/** In the order in which they start. */
export const SERVICES: readonly ServiceName[] = ["api", "downloader", "trainer", "inferer", "inferer-batch"];
/** A silent worker's job is another's after so many seconds. */
export const LOCK_S = 3;

export type WorldOptions = {
  seed: number;
  /** Where the history is also written. */
  historyPath?: string | undefined;
  /** Default: a folder. A fault that needs one kind names it. */
  store?: StoreKind;
  /** Options of redis-server. */
  redisArgs?: string[];
  env?: Record<string, string>;
};

export type World = AsyncDisposable & {
  random: SeededRandom;
  history: History;
  redis: TestRedis;
  /** Between every service and Redis. */
  redisProxy: TcpProxy;
  /** With `store: "stub"`. */
  s3: S3Stub | undefined;
  /** To look at, past every proxy. */
  store: ObjectStore;
  gallery: ImageServer;
  lists: Listing[];
  apiUrl: string;
  client: ReturnType<typeof createClient>;
  /** Working folders and the folder store lie in it. */
  folder: string;
  services: Map<ServiceName, ServiceProcess>;
  /** Starts those that do not run, all at once, and returns when they are ready. */
  start(names?: readonly ServiceName[], env?: Record<string, string>): Promise<void>;
  /** Starts one more of a kind, beside the one in `services`. */
  startAnother(name: ServiceName, env?: Record<string, string>): Promise<ServiceProcess>;
  /** SIGKILL unless told otherwise; returns when it is gone. */
  end(name: ServiceName, signal?: NodeJS.Signals): Promise<{ code: number | null; seconds: number }>;
};

export async function startWorld({
  seed,
  historyPath,
  store: kind = "folder",
  redisArgs = [],
  env = {},
}: WorldOptions): Promise<World> {
  await using building = new AsyncDisposableStack();
  const folder = building.use(await createScratchFolder()).path;
  const redis = building.use(await startRedis({ args: redisArgs }));
  const redisProxy = building.use(await startTcpProxy({ port: redis.port }));
  const { s3, env: storeEnv } = await startWorldStore(kind, folder, building);
  const { server: gallery, lists } = await startGallery();
  building.use(gallery);
  const store = await openStore(storeEnv.URSA_STORE_URL, {
    accessKey: storeEnv.URSA_STORE_ACCESS_KEY,
    secretKey: storeEnv.URSA_STORE_SECRET_KEY,
  });
  building.defer(() => store.close());
  const ports = await claimPorts();
  const shared = {
    ...{ ...storeEnv, URSA_REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`, URSA_FETCH_ALLOW: gallery.address },
    ...{ URSA_DOWNLOADER_URL: urlOf(ports.downloader), URSA_INFERER_URL: urlOf(ports.inferer) },
    ...{ URSA_WORK_DIR: `${folder}/work`, URSA_DECODERS: "1", URSA_LOCK_S: String(LOCK_S), URSA_FETCH_TIMEOUT_S: "2" },
    ...{ URSA_CONCURRENCY: "16", URSA_THREADS: "2", ...env },
  };
  const spawn = (name: ServiceName, more: Record<string, string> = {}) => {
    const { main = "", env: own = {} } = ursaServices.find((service) => service.name === name) ?? {};
    return startServiceProcess(main, { ...shared, ...own, ...more });
  };
  const services = new Map<ServiceName, ServiceProcess>();
  building.defer(async () => {
    await Promise.all([...services.values()].map((service) => service.end("SIGKILL")));
  });
  const living = building.move();
  const apiUrl = urlOf(ports.api);
  return {
    ...{ random: seededRandom("chaos", seed), history: startHistory(historyPath) },
    ...{ redis, redisProxy, s3, store, gallery, lists, folder, services, apiUrl },
    client: createClient({ baseUrl: apiUrl, retries: 40 }),
    async start(names = SERVICES, more = {}) {
      const missing = names.filter((name) => !services.has(name));
      const started = missing.map(async (name) => {
        services.set(name, await spawn(name, { URSA_PORT: String(ports[name] ?? 0), ...more }));
      });
      await Promise.all(started);
    },
    async startAnother(name, more = {}) {
      return living.use(await spawn(name, more));
    },
    async end(name, signal = "SIGKILL") {
      const service = services.get(name);
      services.delete(name);
      if (!service) throw new Error(`There is no ${name} to end.`);
      return service.end(signal);
    },
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  };
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`;

/** Those that others must find again after a restart. */
async function claimPorts(): Promise<Record<"api" | "downloader" | "inferer", number> & Record<string, number>> {
  return { api: await findFreePort(), downloader: await findFreePort(), inferer: await findFreePort() };
}
