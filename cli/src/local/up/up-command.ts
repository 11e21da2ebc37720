// `ursa up`: starts Ursa, tells where it is, and keeps it running until Ctrl+C.
import { once } from "node:events";
import { onStopSignals } from "../stop-signals.ts";
import { type StartUrsaOptions, startUrsa, type Ursa } from "./supervisor.ts";

export type RunUpOptions = Pick<StartUrsaOptions, "home" | "port" | "allowFetch" | "services">;

/** Runs until a signal. @throws what startUrsa throws: messages are whole sentences */
export async function runUp(options: RunUpOptions = {}): Promise<void> {
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
  } catch (error) {
    if (error !== stopping.signal.reason) throw error;
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
