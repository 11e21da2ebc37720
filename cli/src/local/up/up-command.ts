// `ursa up`: starts Ursa, tells where it is, and keeps it running until Ctrl+C.
import { once } from "node:events";
import { startUrsa, type Ursa } from "./supervisor.ts";

export type RunUpOptions = { home?: string; port?: number; allowFetch?: string[] };

// npm, the launcher and the terminal each hand on the same Ctrl+C; only a later one means "at once".
const sameKeystrokeMs = 1_000;

/** Runs until a signal; the exit code for the process. Failures that a person can act on are told, not thrown. */
export async function runUp(options: RunUpOptions = {}): Promise<number> {
  const stopping = new AbortController();
  let ursa: Ursa | undefined;
  const unlisten = onStopSignals({
    first: () => stopping.abort(new Error("stopped while starting")),
    again: () => void ursa?.stop(0),
  });
  try {
    const startedAt = performance.now();
    ursa = await startUrsa({ ...options, signal: stopping.signal });
    greet(ursa, performance.now() - startedAt);
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
    process.stdout.write("Stopping ...\n");
    await ursa.stop();
    process.stdout.write(`Stopped. Everything is kept in ${ursa.home}.\n`);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    if (!(error instanceof Error && "code" in error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    unlisten();
  }
}

function greet({ apiUrl, home }: Ursa, startMs: number): void {
  const lines = [
    `Ursa runs at ${apiUrl} (started in ${(startMs / 1000).toFixed(1)} s).`,
    `Data and logs lie in ${home}.`,
    "Ctrl+C stops it; everything is kept.",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function onStopSignals({ first, again }: { first: () => void; again: () => void }): () => void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      first();
    } else if (performance.now() - firstAt > sameKeystrokeMs) again();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
