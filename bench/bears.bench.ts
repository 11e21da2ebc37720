// `ursa bench bears FOLDER [seeds] [--recipe NAME]`: the main job on a folder of pictures for several seeds: error rate with its spread, time, memory.
// The figure to compare with: fastai 2.8 with the same backbone, frozen, 4 epochs: 2.4 % on this kind of data.
import { parseArgs } from "node:util";
import { table } from "../cli/src/print.ts";
import { machine } from "./machine.ts";
import { type DemoReport, runDemo } from "./run-demo.ts";

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

const reports: DemoReport[] = [];
for (let seed = 1; seed <= Number(seeds); seed++) reports.push(await runDemo(folder, { seed, recipe: values.recipe }));
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

function rowOf({ stages, ...report }: DemoReport, index: number): string[] {
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
