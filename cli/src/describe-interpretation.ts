// An interpretation for people: each side of the split beside the others, one of them in full, and how far to believe the model.
import { SPLITS, type Split } from "@ursa/contracts/dataset";
import type { EvaluationResult, Measured } from "@ursa/contracts/evaluation";
import { describeResult } from "./describe-evaluation.ts";
import { percent, table } from "./print.ts";

type Shown = { side?: Split | undefined; top: number; url: string };

/** @param shown `side`: the one shown in full; left out, the one that the model never saw: test, else valid */
export function describeInterpretation(result: EvaluationResult, { side, top, url }: Shown): string {
  const { sides = {}, temperature } = result;
  const chosen = shownSide(result, side);
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

export const shownSide = ({ sides = {} }: EvaluationResult, side?: Split): Split =>
  side ?? (sides.test ? "test" : "valid");

function sideTable(sides: NonNullable<EvaluationResult["sides"]>): string {
  const rows = SPLITS.flatMap((name) => {
    const side = sides[name];
    if (!side) return [];
    const { count, wrong, errorRate, loss } = side;
    return [[name, String(count), String(wrong), percent(errorRate), interval(side), loss.toFixed(4)]];
  });
  return table(["side", "pictures", "wrong", "error", "95 %", "loss"], rows);
}

const interval = ({ errorRateLow, errorRateHigh }: Pick<Measured, "errorRateLow" | "errorRateHigh">) =>
  `${percent(errorRateLow)} to ${percent(errorRateHigh)}`;

function beliefOf({ calibration, thresholds }: Measured): string[] {
  if (!calibration || !thresholds) return [];
  const rows = thresholds.map(({ confidence, coverage, wrong, errorRate, errorRateLow, errorRateHigh }) => [
    `>= ${percent(confidence)}`,
    percent(coverage),
    String(wrong),
    errorRate === undefined ? "–" : percent(errorRate),
    errorRateLow === undefined || errorRateHigh === undefined ? "–" : interval({ errorRateLow, errorRateHigh }),
  ]);
  return [
    "",
    table(["answer only when", "answers", "wrong", "of the answers", "95 %"], rows),
    `Its confidence is ${percent(calibration.expectedError)} off on average (expected calibration error).`,
  ];
}

function temperatureLine({ value, count }: NonNullable<EvaluationResult["temperature"]>): string {
  const how = value > 1 ? "surer than it should be" : "less sure than it could be";
  return `Temperature ${value.toFixed(2)}, fitted on ${count} validation pictures: it is ${how}.`;
}
