// `ursa bench recipe FOLDER [seeds]`: the lesson's recipe, both stages, on a folder of pictures per class: error and time over seeds, in
// turn with fastai where a Python has it. `--shapes` draws its own pictures, discs of three neighbouring hues,
// on which a frozen body is not enough, and trains Ursa alone. Exits with 1 where a bound of bounds.ts is missed.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { registryEntry } from "@ursa/classifier/weights-registry";
import { table } from "../cli/src/print.ts";
import { checksOfLesson, checksOfShapes, judge, meansOf, missesOf, type RecipeRun, type Stage } from "./bounds.ts";
import { machine } from "./machine.ts";
import { runDemo } from "./run-demo.ts";
import { trainOnDiscs } from "./train-on-discs.ts";

/** A Python that has fastai and timm: `python3 -m venv …; pip install fastai timm`. */
const PYTHON = process.env.URSA_FASTAI_PYTHON ?? "python3";
const FASTAI = fileURLToPath(new URL("fastai-recipe.py", import.meta.url));
const PHASES = ["stage-1", "lr-find", "stage-2"];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { shapes: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const [folder, seeds = "5"] = values.shapes ? ["", ...positionals] : positionals;
if (folder === undefined) {
  console.error("Say which folder: ursa bench recipe FOLDER [seeds], or ursa bench recipe --shapes [seeds].");
  process.exit(2);
}
const runs: Record<"ursa" | "fastai", RecipeRun[]> = { ursa: [], fastai: [] };
await (values.shapes ? trainShapes() : trainInTurn(folder));
print();

async function trainShapes(): Promise<void> {
  for await (const run of trainOnDiscs(Number(seeds))) runs.ursa.push(run);
}

async function trainInTurn(pictures: string): Promise<void> {
  const hasFastai = spawnSync(PYTHON, ["-c", "import fastai, timm"]).status === 0;
  if (!hasFastai)
    console.log(`${PYTHON} has no fastai and timm (URSA_FASTAI_PYTHON names one that has): not compared.\n`);
  for (let seed = 1; seed <= Number(seeds); seed++) {
    runs.ursa.push(await trainUrsa(pictures, seed));
    if (hasFastai) runs.fastai.push(await trainFastai(pictures, seed));
  }
}

async function trainUrsa(pictures: string, seed: number): Promise<RecipeRun> {
  const report = await runDemo(pictures, { seed, recipe: "lesson" });
  if (!report.ok) throw new Error(report.error ?? `The demo failed with seed ${seed}.`);
  return { ...report, trainerMb: report.peakRssMb.trainer ?? Number.NaN };
}

async function trainFastai(pictures: string, seed: number): Promise<RecipeRun> {
  const weights = registryEntry("efficientnet_lite0").shipped?.file;
  const words = [FASTAI, pictures, String(seed), weights ? fileURLToPath(weights) : ""];
  const child = spawn(PYTHON, words, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  await once(child, "close");
  return JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
}

function print(): void {
  const rows = Object.entries(runs).flatMap(([name, each]) => each.map((run, i) => rowOf(name, i + 1, run)));
  const heads = [
    "",
    "seed",
    "stage-1 error %",
    "stage-2 error %",
    "stage-1 s",
    "lr-find s",
    "stage-2 s",
    "wall s",
    "trainer MB",
  ];
  console.log(`${machine()}\n`);
  console.log(table(heads, rows));
  for (const [name, each] of Object.entries(runs)) if (each.length > 0) console.log(summaryOf(name, each));
  const checks = values.shapes ? checksOfShapes(runs.ursa) : checksOfLesson(runs.ursa, runs.fastai);
  judge(checks);
  if (values.json) console.log(JSON.stringify({ ...runs, missed: missesOf(checks) }));
}

function stageOf({ stages }: RecipeRun, name: string): Stage | undefined {
  return stages.find((stage) => stage.name === name);
}

function rowOf(name: string, seed: number, run: RecipeRun): string[] {
  const error = (stage: string) => (100 * (stageOf(run, stage)?.errorRate ?? Number.NaN)).toFixed(1);
  const seconds = PHASES.map((phase) => stageOf(run, phase)?.seconds.toFixed(1) ?? "");
  const { wallSeconds, trainerMb } = run;
  return [
    name,
    String(seed),
    error("stage-1"),
    error("stage-2"),
    ...seconds,
    wallSeconds?.toFixed(1) ?? "",
    trainerMb?.toFixed(0) ?? "",
  ];
}

function summaryOf(name: string, each: RecipeRun[]): string {
  const { first, second, stages } = meansOf(each);
  const share = first > 0 ? `, ${(second / first).toFixed(2)} of stage 1's` : "";
  return `\n${name}: mean error ${first.toFixed(2)} % after stage 1, ${second.toFixed(2)} % after stage 2${share}; both stages ${stages.toFixed(0)} s`;
}
