// What a comparison comes to, in words.
import type { ComparisonResult } from "@ursa/contracts/comparison";
import { mcnemarPValue } from "./mcnemar.ts";

/** One in twenty by chance alone. */
const LEVEL = 0.05;
const SIDES = { valid: "validation", test: "test" } as const;

type Counts = {
  shared: number;
  mended: number;
  broken: number;
  wrongAfter: number;
  pValue: number;
  split: ComparisonResult["split"];
};

/** @param counts `shared` pictures; `wrongAfter` of them are wrong in the later model */
export function verdictOf(counts: Counts): Pick<ComparisonResult, "verdict" | "says"> {
  const { shared, mended, broken, wrongAfter, pValue, split } = counts;
  const of = `Of ${shared} ${SIDES[split]} ${shared === 1 ? "picture" : "pictures"} that both answered,`;
  const moved = mended + broken;
  if (moved === 0) {
    const both =
      wrongAfter === 0
        ? "all are right in both models"
        : `the same ${wrongAfter} ${are(wrongAfter)} wrong in both models`;
    return { verdict: "unclear", says: `No difference beyond chance. ${of} ${both}.` };
  }
  const seen = `${of} ${mended} ${are(mended)} mended and ${broken} ${are(broken)} broken`;
  const test = `exact McNemar test, p = ${written(pValue)}`;
  if (pValue >= LEVEL) {
    const says = `No difference beyond chance. ${seen}, and luck alone is as uneven often enough (${test}).${doubt(moved)}`;
    return { verdict: "unclear", says };
  }
  const verdict = mended > broken ? "better" : "worse";
  return { verdict, says: `${verdict === "better" ? "Better" : "Worse"}, beyond chance. ${seen} (${test}).` };
}

const are = (count: number) => (count === 1 ? "is" : "are");

/** So few changes cannot be beyond chance, whichever way they go: that is no sign that the models are equal. */
const doubt = (moved: number): string =>
  mcnemarPValue(moved, 0) < LEVEL
    ? ""
    : ` With only ${moved} such no outcome could be beyond it: more pictures to compare on would tell.`;

const written = (pValue: number): string => (pValue < 0.001 ? pValue.toExponential(1) : pValue.toPrecision(2));
