// How `ursa bench scale` tells what it measured.
import { table } from "../cli/src/print.ts";
import { machine } from "./machine.ts";
import { saturated, type Usage } from "./scale-usage.ts";

/** Redis commands and store operations are per picture here. */
export type Work = Usage & { perSecond: number };
export type Round = { count: number; p50Ms: number; p95Ms: number } & Record<(typeof WORKS)[number], Work>;
export type Circumstances = {
  latencyMs: number;
  pictures: number;
  callers: number;
  meanKb: number;
  store: "MinIO" | "a folder";
};

const WORKS = ["download", "predict", "classify"] as const;

export function printScale(rounds: readonly Round[], given: Circumstances, isJson: boolean): void {
  const { meanKb, pictures, latencyMs, callers, store } = given;
  const operations = store === "MinIO" ? "MinIO, so its operations are S3 operations" : "a folder: no minio was found";
  const rates = ["of each", "downloaded /s", "predicted /s", "classified /s", "p50 ms", "p95 ms"];
  const costs = ["work", "of each", "CPU ms", "Redis commands", "store operations", "of these", "saturated"];
  const lines = [
    machine(),
    `datasets of ${pictures} pictures of ${meanKb.toFixed(0)} kB from a gallery that answers after ${latencyMs} ms;`,
    `each worker with one decoder and one thread; single pictures by ${callers} callers, from the inferers directly\n`,
    table(rates, rounds.map(rateRow)),
    `\nPer picture: CPU time of the services, and what they asked of Redis and of the store, which is ${operations}.\n`,
    table(costs, rounds.flatMap(costRows)),
    "\nCores kept busy, and by whom.\n",
    table(["work", "of each", "cores"], rounds.flatMap(coreRows)),
  ];
  console.log(lines.join("\n"));
  if (isJson) console.log(JSON.stringify({ machine: machine(), ...given, rounds }));
}

function rateRow({ count, download, predict, classify, p50Ms, p95Ms }: Round): string[] {
  const values = [download.perSecond, predict.perSecond, classify.perSecond, p50Ms, p95Ms];
  return [String(count), ...values.map((value) => value.toFixed(1))];
}

function costRows(round: Round): string[][] {
  return WORKS.map((work) => {
    const { redisCommands, storeOperations, cores, perSecond } = round[work];
    const operations = Object.entries(storeOperations).filter(([, value]) => value >= 0.005);
    const sum = operations.reduce((total, [, value]) => total + value, 0);
    const ofThese = operations.map(([op, value]) => `${op} ${value.toFixed(2)}`).join(", ");
    const cpuMs = cores.services === undefined ? "unknown" : ((1000 * cores.services) / perSecond).toFixed(0);
    const numbers = [String(round.count), cpuMs, redisCommands.toFixed(2), sum.toFixed(2)];
    return [work, ...numbers, ofThese, saturated(round[work])];
  });
}

function coreRows(round: Round): string[][] {
  return WORKS.map((work) => {
    const byWhom = Object.entries(round[work].cores).map(([who, value]) => `${who} ${value.toFixed(2)}`);
    return [work, String(round.count), byWhom.join(", ")];
  });
}
