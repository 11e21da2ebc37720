// What a bench has to show: figures against bounds, and which of them were missed.
import { table } from "../cli/src/print.ts";

export type Check = { what: string; value: number; unit?: string } & ({ atLeast: number } | { atMost: number });

/** A figure that is no number is a miss too. */
const holds = (check: Check): boolean =>
  "atLeast" in check ? check.value >= check.atLeast : check.value <= check.atMost;

const boundOf = (check: Check): string =>
  "atLeast" in check ? `at least ${short(check.atLeast)}` : `at most ${short(check.atMost)}`;

const figureOf = ({ value, unit = "" }: Check): string => `${short(value)} ${unit}`.trimEnd();

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** The checks that do not hold, each in words with its figure and its bound. */
export const missesOf = (checks: readonly Check[]): string[] =>
  checks.filter((check) => !holds(check)).map((check) => `${check.what} ${figureOf(check)}, ${boundOf(check)}`);

/** Prints each figure beside its bound, names the misses and makes the process exit with 1 if there are any. */
export function judge(checks: readonly Check[]): void {
  const rows = checks.map((check) => [check.what, figureOf(check), boundOf(check), holds(check) ? "holds" : "MISSED"]);
  console.log(`\n${table(["to show", "measured", "bound", ""], rows)}`);
  const misses = missesOf(checks);
  if (misses.length === 0) return;
  console.log(`\nMissed: ${misses.join("; ")}.`);
  process.exitCode = 1;
}

/** Of PyTorch's speed in the same run, for a full step. */
const LEAST_RATIO = new Map([
  ["resnet34", 0.9],
  ["efficientnet_lite0", 1.2],
]);
const LEAST_TAIL = 4;

/** `ratio` is missing where there was no PyTorch to compare with. */
export type StepFigures = { model: string; ratio?: number | undefined; tailOverFull: number };

export const checksOfStep = ({ model, ratio, tailOverFull }: StepFigures): Check[] => {
  const least = LEAST_RATIO.get(model);
  const compared = ratio === undefined || least === undefined ? [] : [{ value: ratio, atLeast: least }];
  return [
    ...compared.map((each) => ({ what: `${model}: compiled / torch, full step`, ...each })),
    { what: `${model}: tail / full step`, value: tailOverFull, atLeast: LEAST_TAIL },
  ];
};

/** Seconds; a training stage has an error rate, the finder none. */
export type Stage = { name: string; errorRate?: number | null; seconds: number };
/** `wallSeconds` and `trainerMb` of Ursa's alone. */
export type RecipeRun = { stages: Stage[]; wallSeconds?: number; trainerMb?: number };

/** In seconds on a machine on which fastai takes FASTAI. */
const MOST = { stages: 35, finder: 45 };
const FASTAI = { stages: 176, finder: 60 };

/** Percentages, seconds, and how often stage 2 is wrong for each time that stage 1 is; means over the runs. */
export function meansOf(runs: readonly RecipeRun[]) {
  const mean = (of: (run: RecipeRun) => number) => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const stage = ({ stages }: RecipeRun, name: string) => stages.find((each) => each.name === name);
  const errorOf = (name: string) => mean((run) => 100 * (stage(run, name)?.errorRate ?? Number.NaN));
  const secondsOf = (name: string) => mean((run) => stage(run, name)?.seconds ?? Number.NaN);
  const [first, second] = [errorOf("stage-1"), errorOf("stage-2")];
  return { first, second, stages: secondsOf("stage-1") + secondsOf("stage-2"), finder: secondsOf("lr-find") };
}

/** Of the lesson on a folder: errors and times as means over the seeds, wall time and memory of the worst of them. */
export function checksOfLesson(ursa: readonly RecipeRun[], fastai: readonly RecipeRun[]): Check[] {
  const ours = meansOf(ursa);
  const theirs = fastai.length > 0 ? meansOf(fastai) : undefined;
  const time = (what: string, of: "stages" | "finder"): Check =>
    theirs
      ? { what: `${what}, of fastai's`, value: ours[of] / theirs[of], atMost: MOST[of] / FASTAI[of] }
      : { what, value: ours[of], unit: "s", atMost: MOST[of] };
  const worst = (of: (run: RecipeRun) => number | undefined) => Math.max(...ursa.map((run) => of(run) ?? Number.NaN));
  return [
    { what: "mean error after stage 2", value: ours.second, unit: "%", atMost: 2.1 },
    { what: "above stage 1", value: ours.second - ours.first, unit: "points", atMost: 0.7 },
    time("both stages", "stages"),
    time("learning-rate finder", "finder"),
    { what: "longest wall time", value: worst(({ wallSeconds }) => wallSeconds), unit: "s", atMost: 100 },
    { what: "largest trainer", value: worst(({ trainerMb }) => trainerMb), unit: "MB", atMost: 2048 },
  ];
}

/** Of pictures on which a frozen body is not enough. */
export function checksOfShapes(runs: readonly RecipeRun[]): Check[] {
  const { first, second } = meansOf(runs);
  return [
    { what: "mean error after stage 1", value: first, unit: "%", atLeast: 10 },
    { what: "stage 2's error, of stage 1's", value: second / first, atMost: 0.5 },
  ];
}

/** Of one seed: the share of the wrong labels that were found, and error rates on right labels. */
export type CleaningRun = { found: number; errorClean: number; errorFlipped: number; errorMended: number };

/** What is wrong with 30 % of the labels has to cost so many points, and so much of that has to be won back. */
const [LEAST_LOST, LEAST_WON_BACK] = [4, 80];

export function meanOfCleaning(runs: readonly CleaningRun[]): CleaningRun {
  const mean = (name: keyof CleaningRun) => runs.reduce((sum, run) => sum + run[name], 0) / runs.length;
  return {
    ...{ found: mean("found"), errorClean: mean("errorClean") },
    ...{ errorFlipped: mean("errorFlipped"), errorMended: mean("errorMended") },
  };
}

/** Of the means, so that a seed whose wrong labels happen to cost little decides nothing. */
export function checksOfCleaning(runs: readonly CleaningRun[]): Check[] {
  const { errorClean, errorFlipped, errorMended } = meanOfCleaning(runs);
  const lost = errorFlipped - errorClean;
  const won = lost > 0 ? (errorFlipped - errorMended) / lost : Number.NaN;
  return [
    { what: "wrong labels cost", value: 100 * lost, unit: "points", atLeast: LEAST_LOST },
    { what: "won back by cleaning", value: 100 * won, unit: "%", atLeast: LEAST_WON_BACK },
  ];
}
