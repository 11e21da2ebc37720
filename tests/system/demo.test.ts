// `ursa demo` as a program sees it: one JSON object in the end, an exit code that is true, and nothing left behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const CLI = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));

const lastLine = (out: string) => JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
const homeIn = (err: string) => /data and logs lie in (.+)/.exec(err)?.[1] ?? "";

test("drawn bears become a classifier, and the report says how, in the fields that programs know", async () => {
  const { code, out, err } = await runCli(["demo", "--recipe", "quick", "--json"]);
  expect(code, err).toBe(0);
  const report = lastLine(out);
  expect(Object.keys(report).toSorted()).toEqual(
    [
      ["ok", "listed", "outcomes", "train", "valid", "stages", "servedSeconds"],
      ["wallSeconds", "classifyP50Ms", "predictPerSecond", "peakRssMb"],
    ]
      .flat()
      .toSorted(),
  );
  expect(report).toMatchObject({ ok: true, listed: { black: 52, grizzly: 52, teddy: 52 } });
  // As planted for each of three classes; the mirror, the moved and the twice listed picture are the repeats.
  expect(report.outcomes).toEqual({
    ok: 129,
    duplicate: 6,
    label_conflict: 3,
    http_4xx: 3,
    http_5xx: 3,
    not_an_image: 3,
    corrupt_image: 3,
    timeout: 3,
    blocked_address: 3,
  });
  expect(report.train + report.valid).toBe(129);
  expect(report.stages).toEqual([
    {
      ...{ name: "stage-1", engines: ["compiled"] },
      ...{ errorRate: expect.any(Number), validLoss: expect.any(Number), seconds: expect.any(Number) },
      pictures: { train: [34, 34, 34], valid: [9, 9, 9] },
    },
  ]);
  expect(report.stages[0].errorRate).toBeLessThanOrEqual(0.15);
  for (const name of ["servedSeconds", "wallSeconds", "classifyP50Ms", "predictPerSecond"])
    expect(report[name], name).toBeGreaterThan(0);
  expect(Object.keys(report.peakRssMb)).toEqual(expect.arrayContaining(["api", "downloader", "trainer", "inferer"]));
  expect(existsSync(homeIn(err))).toBe(false);
});

test("a job that fails ends in one JSON object too: why, and what is known", async () => {
  await using folder = await createScratchFolder();
  for (const name of ["黑熊", "棕熊"]) {
    await mkdir(join(folder.path, name));
    for (const seed of [1, 2, 3])
      await writeFile(join(folder.path, name, `${seed}.jpg`), await tornPicture(name, seed));
  }
  const { code, out, err } = await runCli(["demo", "--folder", folder.path, "--json"]);
  expect(code).toBe(1);
  expect(lastLine(out)).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^ds_.* failed: .*`ursa dataset report`.* \[class_mostly_failed\]$/),
    listed: { 黑熊: 3, 棕熊: 3 },
    outcomes: { corrupt_image: 6 },
    wallSeconds: expect.any(Number),
  });
  expect(homeIn(err)).not.toBe("");
  expect(existsSync(homeIn(err))).toBe(false);
});

test("a class of one picture is refused with the way out", async () => {
  await using folder = await createScratchFolder();
  for (const [name, count] of [
    ["black", 1],
    ["teddy", 2],
  ] as const) {
    await mkdir(join(folder.path, name));
    for (let n = 0; n < count; n++) await writeFile(join(folder.path, name, `${n}.jpg`), await drawBear(name, n));
  }
  const { code, out } = await runCli(["demo", "--folder", folder.path, "--json"]);
  expect(code).toBe(1);
  expect(lastLine(out).error).toMatch(/"black".*add URLs.*\[too_few_pictures\]$/);
});

test("a folder that cannot be served leaves nothing, and says so as JSON", async () => {
  const { code, out, err } = await runCli(["demo", "--folder", "/no/such/folder", "--json"]);
  expect(code).toBe(1);
  expect(lastLine(out)).toMatchObject({ ok: false, error: expect.stringMatching(/^There is no folder/) });
  expect(homeIn(err)).not.toBe("");
  expect(existsSync(homeIn(err))).toBe(false);
});

test.each([
  { signal: "SIGINT", when: "data and logs lie in", exitCode: 130 },
  { signal: "SIGINT", when: "fetching pictures", exitCode: 130 },
  { signal: "SIGTERM", when: "computing features", exitCode: 143 },
] as const)("$signal at '$when' stops everything and takes it away", async ({ signal, when, exitCode }) => {
  const child = spawn(process.execPath, [CLI, "demo", "--recipe", "quick", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  await waitUntil(() => err.includes(when), { what: when, timeoutMs: 120_000 });
  const home = homeIn(err);
  expect(existsSync(home)).toBe(true);
  child.kill(signal);
  const [code] = await once(child, "close");
  expect(code, err).toBe(exitCode);
  expect(lastLine(out)).toMatchObject({ ok: false, error: expect.stringContaining(`Stopped by ${signal}`) });
  expect(existsSync(home)).toBe(false);
});

async function tornPicture(name: string, seed: number): Promise<Buffer> {
  const whole = await drawBear(name === "黑熊" ? "black" : "grizzly", seed);
  return whole.subarray(0, whole.length / 2);
}
