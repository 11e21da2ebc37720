// 282 real photographs of bears, from a folder to a served classifier, as the demo's user would do it.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { watchCrowding } from "@ursa/testing/crowding";
import { describe, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const BEARS = fileURLToPath(new URL("../../../shared/data/bears", import.meta.url));
const areHere = existsSync(BEARS);
if (!areHere)
  reportAbsentPart("The real photographs of bears were not found, so training was tested on drawn bears only.");

describe.skipIf(!areHere)(
  "real photographs become a classifier that is seldom wrong, with every URL accounted for",
  () => {
    test("by `quick`, which trains the head alone", async () => {
      const crowding = watchCrowding();
      const report = await demo("--recipe", "quick");
      expect(report.stages).toMatchObject([{ name: "stage-1" }]);
      expectAtMost(report, { servedSeconds: 40, wallSeconds: 60, megabytes: 1024 }, crowding());
    });

    test("by the whole lesson, which is the default", async () => {
      const crowding = watchCrowding();
      const report = await demo();
      expect(report.stages).toMatchObject([{ name: "stage-1" }, { name: "lr-find" }, { name: "stage-2" }]);
      const [stage1, , stage2] = report.stages;
      expect(stage2.errorRate).toBeLessThanOrEqual(0.07);
      // Two pictures of 58: what all layers learn must not cost what the head knew.
      expect(stage2.errorRate).toBeLessThanOrEqual(stage1.errorRate + 0.035);
      // It should take 100 s on two idle cores; slower ones have three times that, and `ursa bench recipe` says what it is here.
      expectAtMost(report, { servedSeconds: 300, wallSeconds: 300, megabytes: 2048 }, crowding());
    });
  },
);

async function demo(...options: string[]) {
  const { code, out, err } = await runCli(["demo", "--folder", BEARS, "--json", "--seed", "1", ...options]);
  expect(code, err).toBe(0);
  const report = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  // These depend on the machine too much to be held to a number here; `ursa bench classify` and `predict` compare them.
  console.log(`one classification ${report.classifyP50Ms} ms, ${report.predictPerSecond} predictions a second`);
  expect(report).toMatchObject({ ok: true, listed: { black: 97, grizzly: 93, teddy: 92 } });
  expect(report.train + report.valid).toBe(report.outcomes.ok);
  // One picture of 58 is 1.7 points: this seed may be wrong on two. The mean over seeds is `ursa bench bears`.
  expect(report.stages[0].errorRate).toBeLessThanOrEqual(0.036);
  return report;
}

/**
 * `megabytes`: the peak of every process with its children. Seconds are those of a machine that does nothing else: where others
 * take half of it, a training that keeps all cores busy takes twice as long.
 */
function expectAtMost(
  report: { servedSeconds: number; wallSeconds: number; peakRssMb: Record<string, number> },
  { servedSeconds, wallSeconds, megabytes }: { servedSeconds: number; wallSeconds: number; megabytes: number },
  crowding: number,
): void {
  expect(report.servedSeconds, "served").toBeLessThanOrEqual(servedSeconds * crowding);
  expect(report.wallSeconds, "everything").toBeLessThanOrEqual(wallSeconds * crowding);
  for (const [name, peak] of Object.entries(report.peakRssMb)) expect(peak, name).toBeLessThanOrEqual(megabytes);
}
