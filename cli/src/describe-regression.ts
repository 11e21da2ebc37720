// A regression for people: the steps as the lesson prints them, and what the closed form says beside.
import type { RegressionOutcome, RegressionResult, RegressionStep } from "@ursa/contracts/regression";
import { table } from "./print.ts";

type Shown = { every: number; degrees: boolean };

const OUTCOMES: Record<RegressionOutcome, string> = {
  arrived: "It has arrived: 99 % of the way from the first loss down to the floor, or more.",
  "on-its-way": "It is still on its way: a higher rate or more steps would take it further.",
  diverged: "It diverged: the loss is above where it began.",
};

/** More parameters than this are wider than a terminal. */
const MOST_COLUMNS = 4;

export function describeRegression(result: RegressionResult, { every, degrees }: Shown): string {
  const { points, heldOut, learningRate, batchSize = points.length, largestRate, outcome, xScale } = result;
  const by = batchSize < points.length ? `mini-batches of ${batchSize}` : "all of them at once";
  const held = heldOut.length > 0 ? `, ${heldOut.length} more held out` : "";
  const isTooBig = learningRate > largestRate;
  return [
    `${result.regressionId}: ${points.length} points${held}; ${by}, rate ${short(learningRate)}`,
    ...(result.rescale ? [`Parameters are of (x - ${short(xScale.shift)}) / ${short(xScale.factor)}.`] : []),
    "",
    stepTable(result, every),
    "",
    ...closedForm(result),
    `The largest rate that does not diverge on all of these points is ${short(largestRate)}${isTooBig ? ", and this one is above it" : ""}.`,
    `${OUTCOMES[outcome]}${outcome === "diverged" && !result.rescale ? " Try --preset good, or --rescale where x is far from 0." : ""}`,
    ...(degrees || result.degree > 1 ? ["", degreeTable(result)] : []),
  ].join("\n");
}

/** The first step, every so many, and the last. */
function stepTable({ steps, degree, heldOut }: RegressionResult, every: number): string {
  const names = namesOf(degree);
  const hasBatches = steps.some(({ batchLoss }) => batchLoss !== undefined);
  const head = [
    "step",
    "loss",
    ...(hasBatches ? ["its batch"] : []),
    ...(heldOut.length > 0 ? ["held out"] : []),
    ...names,
  ];
  const row = ({ step, loss, batchLoss, heldOutLoss, parameters }: RegressionStep) => [
    ...[String(step), short(loss)],
    ...(hasBatches ? [batchLoss === undefined ? "" : short(batchLoss)] : []),
    ...(heldOutLoss === undefined ? [] : [short(heldOutLoss)]),
    ...parameters.slice(0, names.length).map(short),
  ];
  return table(head, steps.filter(({ step }, at) => step % every === 0 || at === steps.length - 1).map(row));
}

const namesOf = (degree: number): string[] => {
  if (degree === 1) return ["slope", "intercept"];
  if (degree >= MOST_COLUMNS) return [];
  return Array.from({ length: degree + 1 }, (_, at) =>
    at < degree - 1 ? `x^${degree - at}` : at < degree ? "x" : "1",
  );
};

function closedForm({ optimum, expected, degree }: RegressionResult): string[] {
  const line = (parameters: readonly number[]) =>
    degree < MOST_COLUMNS ? ` at (${parameters.map(short).join(", ")})` : "";
  return [
    `Of these points the least loss is ${short(optimum.loss)}${line(optimum.parameters)}, in closed form.`,
    ...(expected
      ? [`Of all points so drawn it is ${short(expected.loss)}${line(expected.parameters)}, in expectation.`]
      : []),
  ];
}

function degreeTable({ degrees, heldOut }: RegressionResult): string {
  const best = degrees.reduce((least, one) => ((one.heldOutLoss ?? 0) < (least.heldOutLoss ?? 0) ? one : least));
  const rows = degrees.map(({ degree, trainLoss, heldOutLoss }) => [
    ...[String(degree), short(trainLoss), heldOutLoss === undefined ? "" : short(heldOutLoss)],
    heldOut.length > 0 && degree === best.degree ? "least" : "",
  ]);
  return `The best polynomial of each degree, in closed form\n${table(["degree", "loss", "held out", ""], rows)}`;
}

/** Four digits, without an exponent where that is no longer. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(3);
  return size >= 1000 ? value.toFixed(0) : value.toFixed(4);
}
