// Archives of a million entries, each listed by a process of its own: what it is answered, how long that takes and how much memory.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Told } from "./many-entries.fixture.ts";

const PROGRAM = new URL("many-entries.fixture.ts", import.meta.url).pathname;
const MILLION = 1_000_000;
const [MEGABYTE, SECOND] = [1_000_000, 1000];

async function list(kind: string, entries: number): Promise<Told> {
  const words = ["--disable-warning=ExperimentalWarning", PROGRAM, kind, String(entries)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 90_000 });
  const told: Told = JSON.parse(stdout);
  const outcome = told.code ?? `${told.files} files`;
  console.log(
    `${kind} of ${entries}: ${outcome} in ${told.ms} ms, ${(told.bytes / MEGABYTE).toFixed(1)} MB read, peak ${told.peakMb.toFixed(0)} MB`,
  );
  return told;
}

test.runIf(process.platform === "linux").each<[string, number, Partial<Told>, { mb: number; ms: number }]>([
  ["zip", MILLION, { code: "payload_too_large" }, { mb: 1, ms: SECOND }],
  ["lying-zip", MILLION, { files: 250_000 }, { mb: 20, ms: 20 * SECOND }],
  ["zip", 250_000, { files: 250_000 }, { mb: 20, ms: 20 * SECOND }],
  ["tar", MILLION, { code: "payload_too_large" }, { mb: 130, ms: 30 * SECOND }],
  ["long-names", 20_000, { files: 20_000 }, { mb: 32, ms: 30 * SECOND }],
  ["headers-alone", MILLION, { code: "bad_archive" }, { mb: 17, ms: 10 * SECOND }],
  ["many-attributes", MILLION, { code: "bad_archive" }, { mb: 5, ms: 10 * SECOND }],
  ["many-attributes-alone", MILLION, { code: "bad_archive" }, { mb: 5, ms: 10 * SECOND }],
  ["many-of-one-file", 1, { code: "bad_archive" }, { mb: 5, ms: 10 * SECOND }],
])("%s of %i entries", async (kind, entries, expected, most) => {
  const told = await list(kind, entries);
  expect(told).toMatchObject(expected);
  expect(told.bytes).toBeLessThanOrEqual(most.mb * MEGABYTE * 1.05);
  expect(told.ms).toBeLessThan(most.ms);
  // Node's own 60 MB, and of 250,000 files their paths and places.
  expect(told.peakMb).toBeLessThan(400);
});
