// An interpretation for people: each side of the split beside the others, one of them in full, and how far to believe the model.
import { SPLITS, type Split } from "@ursa/contracts/dataset";
import type { EvaluationResult, Measured } from "@ursa/contracts/evaluation";
import { describeResult } from "./describe-evaluation.ts";
import { percent, table } from "./print.ts";

type Shown = { side?: Split | undefined; top: number; url: string };

/** @param shown `side`: the one shown in full; left out, the one that the model never saw: test, else valid */
export function describeInterpretation(result: EvaluationResult, { side, top, url }: Shown): string {
  const { sides = {}, temperature } = result;
  const chosen = side ?? (sides.test ? "test" : "valid");
  const measured = sides[chosen];
  return [
    sideTable(sides),
    "",
    // Of an evaluation with one side only, all of it is that side.
    describeResult({ ...result, ...measured, split: measured ? chosen : result.split }, { top, url }),
    ...beliefOf(measured ?? result),
    ...(temperature ? ["", temperatureLine(temperature)] : []),
  ].join("\n");
}

function sideTable(sides: NonNullable<EvaluationResult["sides"]>): string {
  const rows = SPLITS.flatMap((name) => {
    const side = sides[name];
    if (!side) return [];
    const interval = `${percent(side.errorRateLow)} to ${percent(side.errorRateHigh)}`;
    return [[name, String(side.count), String(side.wrong), percent(side.errorRate), interval, side.loss.toFixed(4)]];
  });
  return table(["side", "pictures", "wrong", "error", "95 %", "loss"], rows);
}

function beliefOf({ calibration, thresholds }: Measured): string[] {
  if (!calibration || !thresholds) return [];
  const rows = thresholds.map(({ confidence, coverage, wrong, errorRate }) => [
    `>= ${percent(confidence)}`,
    percent(coverage),
    String(wrong),
    errorRate === undefined ? "–" : percent(errorRate),
  ]);
  return [
    "",
    table(["answer only when", "answers", "wrong", "of the answers"], rows),
    `Its confidence is ${percent(calibration.expectedError)} off on average (expected calibration error).`,
  ];
}

function temperatureLine({ value, count }: NonNullable<EvaluationResult["temperature"]>): string {
  const how = value > 1 ? "surer than it should be" : "less sure than it could be";
  return `Temperature ${value.toFixed(2)}, fitted on ${count} validation pictures: it is ${how}.`;
}
