// How long a run is at work, for the quota of its namespace: told every ten seconds, so that of a trainer that is killed no more is lost.
import { dayOf, type TrainingTime } from "@ursa/queue/usage-counters";

/** Must never reject. */
export type NoteTime = (run: TrainingTime) => Promise<void>;
type Spent = Pick<TrainingTime, "day" | "milliseconds">;

const EVERY_MS = 10_000;

type Clocks = {
  everyMs?: number;
  /** Unix milliseconds: which day it is. */
  now?: () => number;
  /** Milliseconds that never run back: how long it took. */
  elapsed?: () => number;
};

/** Counts from now until it is disposed of. `note` is told the sum of a day so far; a process that slept was not at work. */
export function trackTime(
  note: (spent: Spent) => Promise<void>,
  { everyMs = EVERY_MS, now = Date.now, elapsed = () => performance.now() }: Clocks = {},
): AsyncDisposable {
  const spent = new Map<string, number>();
  let last = elapsed();
  const count = async () => {
    const [at, day] = [elapsed(), dayOf(now())];
    const milliseconds = (spent.get(day) ?? 0) + Math.min(at - last, 2 * everyMs);
    last = at;
    spent.set(day, milliseconds);
    await note({ day, milliseconds });
  };
  const timer = setInterval(() => void count(), everyMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await count();
    },
  };
}
