// Which processes one Ursa consists of, on which ports, with which environment. Nothing is started here.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { findRedis } from "@ursa/testing/find-redis";
import { findFreePort } from "@ursa/testing/free-port";
import { pingRedis } from "@ursa/testing/ping-redis";
import { spawnGuarded } from "@ursa/testing/spawn-guarded";
import { type SpawnRedisOptions, spawnRedis } from "@ursa/testing/spawn-redis";
import { openProcessLog } from "./process-log.ts";
import { localUrl, nodeFlags, type ServiceEntry, sharedEnvironment } from "./service-table.ts";
import { type ProcessSpec, type SupervisedProcess, superviseProcess } from "./supervised-process.ts";
import { upError } from "./up-error.ts";

export type PlanOptions = {
  home: string;
  storeDir: string;
  port: number;
  allowFetch: string[];
  env: Record<string, string>;
  services: ServiceEntry[];
  say: (sentence: string) => void;
  signal?: AbortSignal | undefined;
};

export type ProcessPlan = {
  apiUrl: string;
  redisUrl: string;
  /** `host:port` of each service, by name. */
  addresses: Record<string, string>;
  redis: SupervisedProcess;
  services: SupervisedProcess[];
};

/** @throws with code `port_in_use` or `redis_missing` */
export async function planProcesses(options: PlanOptions): Promise<ProcessPlan> {
  const { home, services, say, signal } = options;
  const ports: Record<string, number> = { api: await claimApiPort(options.port) };
  for (const { name } of services) ports[name] ??= await findFreePort();
  const program = await findRedis({ say, ...(signal ? { signal } : {}) });
  const redisPort = await findFreePort();
  const password = randomBytes(24).toString("hex"); // keeps other users of the machine out of the loopback port
  const redisUrl = `redis://:${password}@127.0.0.1:${redisPort}`;
  const shared = { ...sharedEnvironment({ ...options, redisUrl, ports }), ...options.env };
  const dir = join(home, "redis-data");
  return {
    apiUrl: localUrl(ports.api),
    redisUrl,
    addresses: Object.fromEntries(services.map(({ name }) => [name, `127.0.0.1:${ports[name]}`])),
    redis: superviseRedis({ program, dir, port: redisPort, password }, { home, say }),
    services: services.map((service) => {
      const port = ports[service.name] ?? 0;
      return superviseService(service, { home, say, port, env: { ...shared, ...service.env } });
    }),
  };
}

type Surroundings = { home: string; say: ProcessSpec["say"] };

function superviseRedis(server: Omit<SpawnRedisOptions, "output">, { home, say }: Surroundings): SupervisedProcess {
  return superviseProcess({
    name: "redis",
    spawn: (output) => spawnRedis({ ...server, output }),
    isReady: () => pingRedis(server),
    log: openProcessLog(join(home, "logs/redis.log")),
    say,
  });
}

type ServiceSurroundings = Surroundings & { port: number; env: Record<string, string> };

function superviseService(
  { name, main, flags = [] }: ServiceEntry,
  surroundings: ServiceSurroundings,
): SupervisedProcess {
  const { home, say, port } = surroundings;
  const env = { ...process.env, ...surroundings.env, URSA_PORT: String(port) };
  return superviseProcess({
    name,
    spawn: (output) => spawnGuarded(process.execPath, [...nodeFlags, ...flags, main], { env, output }),
    isReady: () => answersReady(port),
    log: openProcessLog(join(home, "logs", `${name}.log`)),
    say,
  });
}

async function answersReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`${localUrl(port)}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not listening yet
  }
}

async function claimApiPort(port: number): Promise<number> {
  try {
    return await findFreePort(port);
  } catch (cause) {
    const sentence = `Port ${port} is in use; stop that program or choose another with --port ${port + 1}.`;
    throw upError("port_in_use", sentence, cause);
  }
}
