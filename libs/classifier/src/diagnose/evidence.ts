// What the rules of a diagnosis look at: one stage of a training run, and what else is known about it. All of it is stored, none is measured here.
import type { EpochRow, StageName } from "@ursa/contracts/model";

/** A row of the history, as far as it is judged. What is optional is not in rows of earlier versions, nor in other people's tables. */
export type JudgedRow = Pick<EpochRow, "trainLoss" | "validLoss" | "wrong" | "validCount"> &
  Partial<
    Pick<EpochRow, "trainLossEval" | "trainWrong" | "trainCount" | "validLossError" | "wrongByClass" | "gradientNorm">
  >;

/** The tops of a stage's schedule: the head's, and the lowest layers' where they learn at one of their own. */
export type Rates = { lower?: number | undefined; upper: number };

/** Another run on the same pictures that differs from this one in its rate and its epochs only. */
export type OtherRun = { rate: number; epochs: number; isDiverged: boolean };

export type Inspected = {
  /** Validation pictures that have a copy on the training side: byte for byte or as pictures (`exact`), or nearly (`near`). */
  leaks?: { exact: number; near: number };
  /** Pictures that out-of-fold answers contradict, of all that were looked at, and the most frequent pair of classes. */
  labelErrors?: { suspects: number; pictures: number; pair?: { given: string; looksLike: string; count: number } };
};

export type Evidence = {
  stage: StageName;
  /** At least one. */
  rows: readonly JudgedRow[];
  /** Measured before the first of them on the same validation pictures: the last of the stage before. */
  before?: JudgedRow | undefined;
  /** The head began anew before these rows, so that it knew no more than a guess. */
  isNewHead: boolean;
  /** It ran to the end of its schedule, or stopped by itself. */
  isComplete: boolean;
  epochs: number;
  rates: Rates;
  /** What the head of this stage is trained at where nobody says otherwise. */
  usualRate: number;
  /** Of a learning-rate finder that looked at the layers of this stage. */
  suggestions?: { valley: number; steepest: number } | undefined;
  classes: readonly string[];
  /** By class. */
  pictures?: { train: readonly number[]; valid: readonly number[] } | undefined;
  /** Rare classes count more already. */
  isBalanced: boolean;
  others: readonly OtherRun[];
  /** Errors of the same recipe on parts of the training pictures, smallest first, the whole last; on the same validation pictures. */
  learningCurve?: readonly { fraction: number; wrong: number; validCount: number }[] | undefined;
  /** The error rate that somebody would be content with. */
  targetError?: number | undefined;
  inspected?: Inspected | undefined;
};

/** In evaluation mode where it was measured: dropout and augmentation raise the other. Null is no number. */
export const trainLossOf = ({ trainLoss, trainLossEval }: JudgedRow): number | null =>
  trainLossEval === undefined ? trainLoss : trainLossEval;

export const lastRow = ({ rows }: Pick<Evidence, "rows">): JudgedRow => {
  const row = rows.at(-1);
  if (!row) throw new RangeError("A stage without a finished epoch cannot be diagnosed.");
  return row;
};
