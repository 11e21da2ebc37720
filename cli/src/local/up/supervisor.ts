// All of Ursa on one machine: a private Redis, a folder as object store and every service, kept running until stopped.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { waitUntil } from "@ursa/testing/wait-until";
import { DEFAULT_HOME } from "../../default-home.ts";
import { buildWeb } from "./build-web.ts";
import { type HomeLock, lockHome } from "./lock-home.ts";
import { type PeakRss, startMemorySampler } from "./process-memory.ts";
import { type ProcessPlan, planProcesses } from "./process-plan.ts";
import { type ServiceEntry, ursaServices } from "./service-table.ts";

export type StartUrsaOptions = {
  /** Folder of everything that is kept: the store, Redis' file, the logs. Default `.ursa` in the repository. */
  home?: string;
  /** Port of the API; 0 picks a free one. Default 8080. */
  port?: number;
  /** `host:port` pairs that may be fetched although their address is private. */
  allowFetch?: string[];
  /** Added to every service's environment. */
  env?: Record<string, string>;
  /** Says nothing on standard error, not even that a process was started again. */
  quiet?: boolean;
  services?: ServiceEntry[];
  readyTimeoutMs?: number;
  signal?: AbortSignal;
};

export type Ursa = AsyncDisposable & {
  apiUrl: string;
  /** With its password. */
  redisUrl: string;
  /** `host:port` of each service, by name: health and metrics are there. */
  addresses: Record<string, string>;
  home: string;
  readonly processes: { name: string; pid: number | undefined; restarts: number }[];
  /** Waits until every process is ready again, for example after kill(). */
  waitUntilReady(timeoutMs?: number): Promise<void>;
  kill(name: string, signal: NodeJS.Signals): void;
  peakRssMb(): PeakRss;
  /** Ends the services, then Redis; whoever needs more than `graceMs` is killed. Calling it again with 0 hurries. */
  stop(graceMs?: number): Promise<void>;
};

const defaultReadyTimeoutMs = 90_000; // loading and self-testing the engine takes ten seconds on two busy cores
const defaultGraceMs = 30_000; // a trainer writes its checkpoint in that time
const trimIntervalMs = 10_000;

/**
 * Starts Ursa and resolves when every process is ready.
 * @throws with code `redis_missing`, `already_running`, `port_in_use` or `service_failed`; nothing is left running then
 */
export async function startUrsa(options: StartUrsaOptions = {}): Promise<Ursa> {
  const { port = 8080, allowFetch = [], env = {}, services = ursaServices, signal } = options;
  const home = resolve(options.home ?? DEFAULT_HOME);
  const storeDir = join(home, "store");
  for (const dir of [storeDir, join(home, "logs")]) mkdirSync(dir, { recursive: true });
  const say = (sentence: string) => void (options.quiet || process.stderr.write(`${sentence}\n`));
  const lock = lockHome(home);
  try {
    if (services === ursaServices) await buildWeb({ say, signal });
    const plan = await planProcesses({ home, storeDir, port, allowFetch, env, services, say, signal });
    lock.announce(plan.apiUrl);
    const ursa = createUrsa(plan, { home, lock });
    await startInOrder(plan, { timeoutMs: options.readyTimeoutMs ?? defaultReadyTimeoutMs, signal }).catch(
      async (error) => {
        await ursa.stop();
        throw error;
      },
    );
    return ursa;
  } catch (error) {
    lock.close();
    throw error;
  }
}

type StartOptions = { timeoutMs: number; signal: AbortSignal | undefined };

async function startInOrder({ redis, services }: ProcessPlan, options: StartOptions): Promise<void> {
  await redis.start(options);
  await Promise.all(services.map((service) => service.start(options)));
}

function createUrsa(plan: ProcessPlan, { home, lock }: { home: string; lock: HomeLock }): Ursa {
  const { apiUrl, redisUrl, addresses, redis, services } = plan;
  const all = [redis, ...services];
  const pids = () => Object.fromEntries(all.map((one) => [one.name, one.pid()]));
  const memory = startMemorySampler(() => ({ ...pids(), supervisor: process.pid }));
  const trimLogs = () => {
    for (const one of all) one.trimLog();
  };
  const trimming = setInterval(trimLogs, trimIntervalMs).unref();
  const stop = async (graceMs = defaultGraceMs) => {
    await Promise.all(services.map((service) => service.stop(graceMs)));
    await redis.stop(graceMs);
    memory.close();
    clearInterval(trimming);
    lock.close();
  };
  return {
    ...{ apiUrl, redisUrl, addresses, home },
    get processes() {
      return all.map((one) => ({ name: one.name, pid: one.pid(), restarts: one.restarts() }));
    },
    waitUntilReady: async (timeoutMs = defaultReadyTimeoutMs) => {
      const areReady = async () => (await Promise.all(all.map((one) => one.isReady()))).every(Boolean);
      await waitUntil(areReady, { what: "every process of Ursa to be ready", timeoutMs, intervalMs: 100 });
    },
    kill: (name, signal) => {
      const target = all.find((one) => one.name === name);
      if (!target) throw new Error(`no process is called ${name}; there are ${all.map((one) => one.name).join(", ")}`);
      target.kill(signal);
    },
    peakRssMb: memory.peak,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
