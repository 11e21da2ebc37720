// Ursa as separate processes on one Redis and one store, so that there can be any number of each kind.
import { type Client, createClient } from "@ursa/contracts/client";
import { connectProducer } from "@ursa/queue/connection";
import { startMinio } from "@ursa/testing/minio-server";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { type ServiceProcess, startServiceProcess } from "@ursa/testing/service-process";
import { ursaServices } from "../cli/src/local/up/service-table.ts";
import { type ScaleGallery, startScaleGallery } from "./scale-gallery.ts";

export type ScaleWorld = AsyncDisposable & {
  client: Client;
  gallery: ScaleGallery;
  /** What the store's operations are operations of. */
  store: "MinIO" | "a folder";
  api: ServiceProcess;
  /** By name, of what is no service. */
  pids: Record<string, number>;
  redisInfo(section: string): Promise<string>;
  /** So many of a kind, with a core's share each; the caller ends them. */
  start(kind: string, count: number): Promise<ServiceProcess[]>;
};

/** What a worker has where it has a core: with a decoder for each core of this machine there would be dozens of processes. */
const ONE_CORE = { URSA_DECODERS: "1", URSA_THREADS: "1" };

/** @param latencyMs how long the gallery thinks before each picture */
export async function startScaleWorld(latencyMs: number): Promise<ScaleWorld> {
  await using building = new AsyncDisposableStack();
  const redis = building.use(await startRedis());
  const folder = building.use(await createScratchFolder());
  const minio = await startMinio();
  if (minio) building.use(minio);
  const gallery = building.use(await startScaleGallery(latencyMs));
  const connection = connectProducer(redis.url);
  building.defer(() => connection.close());
  const env = {
    URSA_REDIS_URL: redis.url,
    URSA_FETCH_ALLOW: gallery.address,
    URSA_WORK_DIR: `${folder.path}/work`,
    URSA_STORE_URL: minio?.storeUrl() ?? `file://${folder.path}/store`,
    ...(minio && {
      URSA_STORE_ACCESS_KEY: minio.credentials.accessKey,
      URSA_STORE_SECRET_KEY: minio.credentials.secretKey,
    }),
    ...ONE_CORE,
  };
  const startOne = async (name: string) => {
    const service = ursaServices.find((one) => one.name === name);
    if (!service) throw new Error(`There is no service ${name}.`);
    return startServiceProcess(service.main, { ...env, ...service.env });
  };
  const api = building.use(await startOne("api"));
  const living = building.move();
  return {
    ...{ gallery, api },
    client: createClient({ baseUrl: api.url }),
    store: minio ? "MinIO" : "a folder",
    pids: { redis: redis.pid(), ...(minio && { store: minio.pid }) },
    redisInfo: (section) => connection.redis.info(section),
    start: (kind, count) => Promise.all(Array.from({ length: count }, () => startOne(kind))),
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  };
}
