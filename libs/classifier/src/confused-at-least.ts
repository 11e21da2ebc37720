// Which pairs of classes are worth naming: those confused often enough.
import type { EvaluationResult, Measured } from "@ursa/contracts/evaluation";

/** The result with only such pairs in `mostConfused`, of all pictures and of each side; all else as it was. @param min pictures */
export function confusedAtLeast(result: EvaluationResult, min: number): EvaluationResult {
  const often = <T extends Pick<Measured, "mostConfused">>(measured: T): T => ({
    ...measured,
    mostConfused: measured.mostConfused.filter(({ count }) => count >= min),
  });
  const { train, valid, test } = result.sides ?? {};
  const sides = {
    ...(train && { train: often(train) }),
    ...(valid && { valid: often(valid) }),
    ...(test && { test: often(test) }),
  };
  return { ...often(result), ...(result.sides ? { sides } : {}) };
}
