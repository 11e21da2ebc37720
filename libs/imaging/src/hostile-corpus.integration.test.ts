// Every picture of the corpus through one decoder: each ends as it may, none kills the decoder, and none costs more memory or time than
// a decoder is given.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostileCorpus } from "@ursa/testing/hostile-corpus";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DecoderPool, startDecoderPool } from "./decoder-pool.ts";

const MAX_MB = 400;
const MAX_CPU_S = 2;
const corpus = await hostileCorpus();
let pool: DecoderPool;

beforeAll(() => {
  pool = startDecoderPool({ processes: 1 });
});
afterAll(() => pool.close());

test("there are at least eighty of them, each under a name of its own", () => {
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  expect(corpus.length).toBeGreaterThanOrEqual(80);
});

test.each(corpus)("$name", async ({ bytes, may }) => {
  const before = cpuSeconds();
  const seen = await pool.inspect(bytes, { preparedShortSide: 288 });
  expect(may).toContain(seen.ok ? "ok" : seen.outcome);
  expect(cpuSeconds() - before).toBeLessThan(MAX_CPU_S);
  expect(pool.stats().restarts).toBe(0);
});

test.skipIf(process.platform !== "linux")("together they never took more memory than one decoder should", () => {
  expect(peakMb()).toBeLessThan(MAX_MB);
});

/** Of this process' only decoder; where there is no /proc, always 0. */
function cpuSeconds(): number {
  if (process.platform !== "linux") return 0;
  const fields = readFileSync(`/proc/${decoderPid()}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime and stime, in ticks of a hundredth, as Linux has them on every machine we know of.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function peakMb(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${decoderPid()}/status`, "utf8"))?.[1]) / 1024;
}

let known: number | undefined;
function decoderPid(): number {
  known ??= Number(
    execFileSync("ps", ["-A", "-o", "pid=,ppid=,command="], { encoding: "utf8" })
      .split("\n")
      .map((line) => /^\s*(\d+)\s+(\d+)\s.*\bdecoder\.ts\b/.exec(line) ?? [])
      .find(([, , ppid]) => Number(ppid) === process.pid)?.[1],
  );
  return known;
}
