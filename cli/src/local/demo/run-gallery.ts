// The gallery until it is stopped.
import { once } from "node:events";
import { resolve } from "node:path";
import { exitCodeOfSignal, onStopSignals, type StopSignal } from "../stop-signals.ts";
import { startGallery } from "./gallery-process.ts";

type GalleryOptions = { folder?: string; host: string; port: number; seed: number };

/** @returns the exit code. @throws Failure when it cannot serve */
export async function runGallery({ folder, host, port, seed }: GalleryOptions): Promise<number> {
  const stopping = new AbortController();
  let stoppedBy: StopSignal | undefined;
  const unlisten = onStopSignals({
    first: (signal) => {
      stoppedBy = signal;
      stopping.abort(new Error(`Stopped by ${signal}.`));
    },
    again: () => {},
  });
  const what = folder ? { folder: resolve(folder) } : {};
  const gallery = await startGallery({ ...what, seed, at: { host, port }, signal: stopping.signal });
  const pictures = gallery.classes.map(({ name, urls }) => `${urls.length} ${name}`).join(", ");
  process.stderr.write(`Serving ${pictures} on http://${gallery.address}. Ctrl+C stops it.\n`);
  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  gallery.close();
  unlisten();
  return stoppedBy === "SIGINT" ? exitCodeOfSignal(stoppedBy) : 0;
}
