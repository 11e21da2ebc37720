// Progress as it leaves the training child: batches may come hundreds of times a second, and nobody reads more than four.
import type { Progress } from "@ursa/contracts/record";

const SHORTEST_MS = 250;

/** Passes on the first and the last report of each stage's phase and, between them, at most four a second. `now` is in milliseconds. */
export function thinProgress(
  report: (progress: Progress) => void,
  now: () => number = () => performance.now(),
): (progress: Progress) => void {
  let last: (Progress & { at: number }) | undefined;
  return (progress) => {
    const at = now();
    const isSame = last?.phase === progress.phase && last.stage === progress.stage;
    if (isSame && last && progress.done < progress.total && at - last.at < SHORTEST_MS) return;
    last = { ...progress, at };
    report(progress);
  };
}
