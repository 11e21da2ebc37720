// What the processes of a running Ursa use: memory each second, CPU time and Redis' commands when asked.
import { connectWorker, type RedisConnection } from "@ursa/queue/connection";
import { listProcesses, treeSizes } from "../../cli/src/local/up/process-memory.ts";
import type { Ursa } from "../../cli/src/local/up/supervisor.ts";
import { listProcessRows, secondsOfTree } from "../process-rows.ts";
import { p50 } from "../quantiles.ts";

/** `cpu` in seconds, by process with its children. */
export type Reading = { at: number; cpu: Record<string, number>; commands: number };
export type Watch = AsyncDisposable & {
  redis: RedisConnection["redis"];
  read(): Promise<Reading>;
  /** MB of a process with its children: the median of the samples that lie between, in seconds since the watch began. */
  rssMb(name: string, between: { from: number; to: number }): number;
  /** Seconds since the watch began. */
  now(): number;
};

const EVERY_MS = 1000;

export function watchUrsa(ursa: Ursa): Watch {
  const connection = connectWorker(ursa.redisUrl);
  const { redis } = connection;
  const began = performance.now();
  const now = () => (performance.now() - began) / 1000;
  const pids = () => Object.fromEntries(ursa.processes.map(({ name, pid }) => [name, pid]));
  const samples: { at: number; sizes: Record<string, number> }[] = [];
  const timer = setInterval(async () => {
    samples.push({ at: now(), sizes: treeSizes(await listProcesses(), pids()) });
  }, EVERY_MS);
  return {
    redis,
    now,
    async read() {
      const rows = await listProcessRows();
      const seconds = ursa.processes.map(({ name, pid = 0 }) => [name, secondsOfTree(rows, pid)]);
      return { at: now(), cpu: Object.fromEntries(seconds), commands: countCommands(await redis.info("commandstats")) };
    },
    rssMb: (name, { from, to }) =>
      p50(samples.filter(({ at }) => at >= from && at <= to).map(({ sizes }) => sizes[name] ?? 0)),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await connection.close();
    },
  };
}

/** Those inside scripts included. */
const countCommands = (info: string): number =>
  [...info.matchAll(/^cmdstat_[^:]+:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0);

export const pidOf = ({ processes }: Ursa, name: string): number =>
  processes.find((one) => one.name === name)?.pid ?? 0;
