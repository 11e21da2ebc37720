// Progress as it leaves the training child: batches come many times a second, and the stream of a run keeps about 1000 events,
// of which the epochs must not be pushed out by a run of many hours.
import type { Progress } from "@ursa/contracts/record";

/** A bar needs no more. */
const SHORTEST_MS = 1000;
const STEPS_OF_A_BAR = 200;
/** Where a 200th takes longer, this shows that training lives: far within the watchdog's `stuckMs`. */
const LONGEST_MS = 60_000;

/** Passes on the first and the last report of a phase and, between them, at most 200 or one a minute. `now` is in milliseconds. */
export function thinProgress(
  report: (progress: Progress) => void,
  now: () => number = () => performance.now(),
): (progress: Progress) => void {
  let last: (Progress & { at: number }) | undefined;
  return (progress) => {
    const at = now();
    if (last?.phase === progress.phase && progress.done < progress.total && !isDue(at - last.at, last, progress))
      return;
    last = { ...progress, at };
    report(progress);
  };
}

function isDue(passedMs: number, last: Progress, { done, total }: Progress): boolean {
  if (passedMs >= LONGEST_MS) return true;
  return passedMs >= SHORTEST_MS && done - last.done >= total / STEPS_OF_A_BAR;
}
