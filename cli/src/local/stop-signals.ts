// Ctrl+C and its kin, for commands that have something to stop in order.
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

// npm, the launcher and the terminal each hand on the same Ctrl+C; only a later one means "at once".
const sameKeystrokeMs = 1_000;

/** Calls `first` once, and `again` for each later keystroke. @returns a function that stops listening */
export function onStopSignals({ first, again }: { first: (signal: StopSignal) => void; again: () => void }) {
  let firstAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      // Only these are listened to.
      first(signal as StopSignal);
    } else if (performance.now() - firstAt > sameKeystrokeMs) again();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

/** The exit code a shell gives to a program that a signal ended: 130 for Ctrl+C. */
export const exitCodeOfSignal = (signal: StopSignal): number => 128 + constants.signals[signal];
