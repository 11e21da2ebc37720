// `ursa bench train [model...]`: a training step of 16 pictures at 224 px, whole network and tail, compiled beside PyTorch's. Each in
// its own process, in turn, so that both meet the same moments of the machine. `--json` ends with one line of JSON. Exits with 1 where a
// bound of bounds.ts is missed.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { table } from "../cli/src/print.ts";
import { type Check, checksOfStep, judge, missesOf } from "./bounds.ts";
import { machine } from "./machine.ts";
import { p50 } from "./quantiles.ts";

const MODELS = ["resnet34", "efficientnet_lite0"];
const WAYS = ["full", "tail"] as const;
const PAIRS = 5;
const BATCH = 16;
const THREADS = String(Math.min(2, availableParallelism()));
/** A Python that has torch and timm: `python3 -m venv …; pip install torch timm`. */
const PYTHON = process.env.URSA_TORCH_PYTHON ?? "python3";

type Way = (typeof WAYS)[number];
type Step = { seconds: number; rssMb: number };
type Speed = Record<Way, number> & { peakRssMb: number };
type Comparison = { compiled: Speed; torch: Speed | undefined; ratios: Record<Way, number> | undefined };

const words = process.argv.slice(2);
const asked = words.filter((word) => !word.startsWith("-"));
const hasTorch = spawnSync(PYTHON, ["-c", "import torch, timm"]).status === 0;
if (!hasTorch) console.log(`${PYTHON} has no torch and timm (URSA_TORCH_PYTHON names one that has): not compared.\n`);

const results = new Map<string, Comparison>();
for (const model of asked.length > 0 ? asked : MODELS) results.set(model, await compare(model));
print();

async function compare(model: string): Promise<Comparison> {
  await using compiled = openStepper(process.execPath, ["compiled-step.ts", model, THREADS]);
  await using torch = hasTorch ? openStepper(PYTHON, ["torch-step.py", model, THREADS]) : undefined;
  const steps = { compiled: emptySteps(), torch: emptySteps() };
  const ratios = { full: [] as number[], tail: [] as number[] };
  for (const way of WAYS) {
    // The first steps of either allocate what later ones use again.
    for (const stepper of [compiled, torch, compiled, torch]) await stepper?.step(way);
    for (let pair = 0; pair < PAIRS; pair++) {
      const ours = await compiled.step(way);
      const theirs = await torch?.step(way);
      steps.compiled[way].push(ours);
      if (!theirs) continue;
      steps.torch[way].push(theirs);
      ratios[way].push(theirs.seconds / ours.seconds);
    }
  }
  return {
    compiled: speedOf(steps.compiled),
    torch: torch && speedOf(steps.torch),
    ratios: torch && { full: p50(ratios.full), tail: p50(ratios.tail) },
  };
}

function emptySteps(): Record<Way, Step[]> {
  return { full: [], tail: [] };
}

/** Pictures per second, by the median step; the peak is of the process that did both ways. */
function speedOf(steps: Record<Way, Step[]>): Speed {
  const perSecond = (way: Way) => BATCH / p50(steps[way].map(({ seconds }) => seconds));
  const peakRssMb = Math.max(...[...steps.full, ...steps.tail].map(({ rssMb }) => rssMb));
  return { full: perSecond("full"), tail: perSecond("tail"), peakRssMb };
}

/** A process that does one step for each line it reads, and answers with a line. */
function openStepper(command: string, [script = "", ...rest]: string[]) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(command, [path, ...rest], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async step(way: Way): Promise<Step> {
      child.stdin.write(`${way}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended in the middle of a step.`);
      return JSON.parse(value);
    },
    [Symbol.asyncDispose]: () => closed(child),
  };
}

async function closed(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, "exit");
}

function print(): void {
  const rows = [...results].flatMap(([model, { compiled, torch, ratios }]) =>
    WAYS.map((way) => [
      model,
      way,
      compiled[way].toFixed(1),
      torch?.[way].toFixed(1) ?? "absent",
      ratios?.[way].toFixed(2) ?? "",
      compiled.peakRssMb.toFixed(0),
      torch?.peakRssMb.toFixed(0) ?? "",
    ]),
  );
  const heads = ["model", "step", "compiled /s", "torch /s", "compiled / torch", "compiled MB", "torch MB"];
  console.log(
    `${machine()}\nbatch ${BATCH}, ${THREADS} threads, pictures per second, median of ${PAIRS} alternating pairs\n`,
  );
  console.log(table(heads, rows));
  const checks = [...results].flatMap(checksOf);
  judge(checks);
  if (!words.includes("--json")) return;
  console.log(JSON.stringify({ models: Object.fromEntries([...results].map(summary)), missed: missesOf(checks) }));
}

function checksOf([model, { compiled, ratios }]: [string, Comparison]): Check[] {
  return checksOfStep({ model, ratio: ratios?.full, tailOverFull: compiled.tail / compiled.full });
}

function summary([model, { compiled, torch, ratios }]: [string, Comparison]) {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  const figures = {
    compiled: round(compiled.full, 1),
    torch: torch ? round(torch.full, 1) : null,
    ratio: ratios ? round(ratios.full, 2) : null,
    tail: round(compiled.tail, 1),
    tailRatio: ratios ? round(ratios.tail, 2) : null,
    tailOverFull: round(compiled.tail / compiled.full, 1),
    peakRssMb: round(compiled.peakRssMb, 0),
  };
  return [model, figures];
}
