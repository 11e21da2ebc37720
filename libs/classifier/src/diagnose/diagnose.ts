// All rules over the evidence of one stage, in the order in which things are to be mended.
import type { FindingCode } from "@ursa/contracts/diagnosis";
import type { Judged } from "./changes.ts";
import { classImbalance, tooLittleData } from "./data.ts";
import { type Evidence, lastRow } from "./evidence.ts";
import { labelNoise, leakage } from "./inspected.ts";
import { learningRateTooHigh, learningRateTooLow } from "./learning-rate.ts";
import { overfitting } from "./overfitting.ts";
import { tooFewEpochs } from "./too-few-epochs.ts";

/** What a rule could not do without, and who can supply it: an inspection, the person who asks, the end of this run, or another run. */
export type Unjudged = { code: FindingCode; lacks: string; need: "inspection" | "target" | "end" | "run" };

/**
 * What is found, at most one of each code. A rate that is wrong explains all else about the training, so what comes after it is
 * only said of a rate that is right; what is said of the pictures stands beside it.
 * @throws RangeError without a row
 */
export function diagnose(evidence: Evidence): { findings: Judged[]; notJudged: Unjudged[] } {
  const training =
    learningRateTooHigh(evidence) ?? learningRateTooLow(evidence) ?? tooFewEpochs(evidence) ?? overfitting(evidence);
  const isTrainedOut = training === undefined || training.code === "overfitting";
  const found = [
    training,
    isTrainedOut ? tooLittleData(evidence, training !== undefined) : undefined,
    isTrainedOut ? classImbalance(evidence) : undefined,
    leakage(evidence),
    labelNoise(evidence),
  ];
  return { findings: found.filter((each) => each !== undefined), notJudged: notJudged(evidence) };
}

function notJudged(evidence: Evidence): Unjudged[] {
  const { isComplete, targetError, learningCurve, pictures, inspected } = evidence;
  const end = !isComplete && ({ lacks: "the end of the run", need: "end" } as const);
  const inspection = { lacks: "an inspection of the pictures", need: "inspection" } as const;
  const target = { lacks: "the error rate that is asked for", need: "target" } as const;
  const counts = { lacks: "mistakes by class, which earlier versions did not count", need: "run" } as const;
  const lacks: [FindingCode, Omit<Unjudged, "code"> | false][] = [
    ["learning_rate_too_low", end],
    ["too_few_epochs", end],
    ["too_little_data", targetError === undefined && !learningCurve && target],
    ["class_imbalance", !(pictures && lastRow(evidence).wrongByClass) && counts],
    ["leakage", !inspected?.leaks && inspection],
    ["label_noise", !inspected?.labelErrors && inspection],
  ];
  return lacks.flatMap(([code, what]) => (what ? [{ code, ...what }] : []));
}
