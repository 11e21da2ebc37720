// `ursa bench bears FOLDER [seeds] [--recipe NAME]`: the main job on a folder of pictures for several seeds: error rate with its spread, time, memory.
// The figure to compare with: fastai 2.8 with the same backbone, frozen, 4 epochs: 2.4 % on this kind of data.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../cli/src/print.ts";
import { machine } from "./machine.ts";

const CLI = fileURLToPath(new URL("../cli/src/main.ts", import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { recipe: { type: "string", default: "quick" } },
});
const [folder, seeds = "5"] = positionals;
if (!folder) {
  console.error(
    "Say which folder: ursa bench bears FOLDER [seeds] [--recipe NAME]; it has one sub-folder of pictures per class.",
  );
  process.exit(2);
}

type Report = {
  ok: boolean;
  /** The finder has neither an error rate nor a loss. */
  stages: { errorRate?: number; validLoss?: number; seconds: number }[];
  servedSeconds: number;
  wallSeconds: number;
  classifyP50Ms: number;
  predictPerSecond: number;
  peakRssMb: Record<string, number>;
};

const reports: Report[] = [];
for (let seed = 1; seed <= Number(seeds); seed++) reports.push(await runDemo(folder, seed));
const errors = reports.map(({ stages }) => stages.at(-1)?.errorRate ?? Number.NaN);
const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
console.log(`${machine()}\n`);
console.log(
  table(
    ["seed", "error %", "valid loss", "train s", "served s", "classify ms", "predict /s", "largest MB"],
    reports.map(rowOf),
  ),
);
console.log(
  `\nmean error ${(100 * mean).toFixed(2)} % (lowest ${(100 * Math.min(...errors)).toFixed(2)}, highest ${(100 * Math.max(...errors)).toFixed(2)})`,
);
process.exitCode = reports.every(({ ok }) => ok) ? 0 : 1;

function rowOf({ stages, ...report }: Report, index: number): string[] {
  const stage = stages.at(-1);
  const numbers = [
    100 * (stage?.errorRate ?? 0),
    stage?.validLoss ?? 0,
    stages.reduce((sum, { seconds }) => sum + seconds, 0),
    report.servedSeconds,
    report.classifyP50Ms,
    report.predictPerSecond,
  ];
  return [
    String(index + 1),
    ...numbers.map((each, column) => each.toFixed(column === 1 ? 4 : 1)),
    String(Math.max(...Object.values(report.peakRssMb))),
  ];
}

async function runDemo(pictures: string, seed: number): Promise<Report> {
  const how = ["--recipe", values.recipe, "--seed", String(seed), "--json"];
  const child = spawn(process.execPath, [CLI, "demo", "--folder", pictures, ...how], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  await once(child, "close");
  return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
}
