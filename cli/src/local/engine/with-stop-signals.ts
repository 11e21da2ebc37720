// Ctrl+C during an engine command stops it in order: what is half done is removed, and the exit code is a shell's.
import { exitCodeOfSignal, onStopSignals } from "../stop-signals.ts";

/** Runs `work` with a signal that Ctrl+C aborts. */
export async function withStopSignals(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const stopListening = onStopSignals({
    first: (name) => {
      process.exitCode = exitCodeOfSignal(name);
      stop.abort();
    },
    again: () => process.exit(),
  });
  try {
    await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write("Stopped. What is complete is kept; the same command goes on from there.\n");
  } finally {
    stopListening();
  }
}
