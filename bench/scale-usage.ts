// What a piece of work costs beside time: commands of Redis, operations of the store, and whose CPU time.
import { availableParallelism, cpus } from "node:os";
import type { ServiceProcess } from "@ursa/testing/service-process";
import { listProcessRows, secondsOfTree } from "./process-rows.ts";
import type { ScaleWorld } from "./scale-world.ts";

export type Usage = {
  seconds: number;
  /** Those inside scripts included. */
  redisCommands: number;
  /** By operation. */
  storeOperations: Record<string, number>;
  /** Cores kept busy on average, by whom; `others` is what this machine did for somebody else. Where /proc is absent, `all` only. */
  cores: Record<string, number>;
};

type Reading = { at: number; commands: number; cpu: Record<string, number> };

/** @param services those that take part, the API excepted, which always does */
export async function measureUsage(
  world: ScaleWorld,
  services: readonly ServiceProcess[],
  work: () => Promise<void>,
): Promise<Usage> {
  const taking = [world.api, ...services];
  // A scrape asks Redis how its queues are: it is left out on either side.
  const operationsBefore = await storeOperations(taking);
  const before = await read(world, taking);
  await work();
  const after = await read(world, taking);
  const operationsAfter = await storeOperations(taking);
  const seconds = (after.at - before.at) / 1000;
  const cores = difference(after.cpu, before.cpu);
  for (const name of Object.keys(cores)) cores[name] = (cores[name] ?? 0) / seconds;
  return {
    seconds,
    redisCommands: after.commands - before.commands,
    storeOperations: difference(operationsAfter, operationsBefore),
    cores,
  };
}

/** What keeps this from going faster, as far as CPU time tells. */
export function saturated({ cores }: Usage): string {
  const { all = 0, others = 0 } = cores;
  const busy = `${all.toFixed(1)} of ${availableParallelism()} cores busy`;
  const foreign = others > 0.2 ? `, ${others.toFixed(1)} of them for other programs` : "";
  if (all > 0.9 * availableParallelism()) return `CPU: ${busy}${foreign}`;
  // One thread each, in which it can use up a core while others are idle.
  const single = ["redis", "bench"].find((name) => (cores[name] ?? 0) > 0.9);
  return single ? `${single}, all of a core: ${busy}${foreign}` : `not the cores: ${busy}${foreign}`;
}

async function read(world: ScaleWorld, taking: readonly ServiceProcess[]): Promise<Reading> {
  const at = performance.now();
  const text = await world.redisInfo("commandstats");
  const commands = [...text.matchAll(/^cmdstat_[^:]+:calls=(\d+)/gm)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
  return { at, commands, cpu: await cpuSeconds(world, taking) };
}

async function storeOperations(services: readonly ServiceProcess[]): Promise<Record<string, number>> {
  const operations: Record<string, number> = {};
  for (const { url } of services) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const counts = text.matchAll(/^ursa_storage_request_duration_seconds_count\{[^}]*\bop="(\w+)"[^}]*\} (\d+)/gm);
    for (const [, op = "", count] of counts) operations[op] = (operations[op] ?? 0) + Number(count);
  }
  return operations;
}

async function cpuSeconds(world: ScaleWorld, taking: readonly ServiceProcess[]): Promise<Record<string, number>> {
  const busy = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  const all = busy.reduce((sum, each) => sum + each, 0) / 1000;
  const rows = await listProcessRows();
  if (rows.length === 0) return { all };
  const { user, system } = process.cpuUsage();
  const ours: Record<string, number> = {
    services: taking.reduce((sum, { pid }) => sum + secondsOfTree(rows, pid), 0),
    bench: (user + system) / 1e6,
  };
  for (const [name, pid] of Object.entries(world.pids)) ours[name] = secondsOfTree(rows, pid);
  const known = Object.values(ours).reduce((sum, each) => sum + each, 0);
  return { all, ...ours, others: all - known };
}

function difference(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
}
