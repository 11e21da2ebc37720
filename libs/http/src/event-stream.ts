// Server-sent events: a reconnection delay first, each event with its id, a comment when nothing happens, a comment at the end.
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { EventAnswer } from "./handlers.ts";
import { takeTurn } from "./take-turn.ts";

/** Proxies close connections that are silent for a minute, some for 30 s. */
export const HEARTBEAT_MS = 15_000;
/** Clients of a server that went away come back spread over this, not all at once. */
const RETRY_MS = { least: 1000, most: 3000 };
/** A client that reads nothing for this long is cut off; it can resume from its last event. */
const STUCK_CLIENT_MS = 60_000;

type Options = { signal: AbortSignal; heartbeatMs?: number; onError: (error: unknown) => void };

/**
 * @param options.signal ends the stream politely when it aborts
 * @param options.onError hears why `events` failed. The stream then ends like any other: followers know from the last event
 *   whether there is more to come, and come back when there is.
 */
export function eventStream(events: EventAnswer<unknown>, options: Options): PassThrough {
  const { signal, heartbeatMs = HEARTBEAT_MS, onError } = options;
  const out = new PassThrough();
  const spread = Math.round(Math.random() * (RETRY_MS.most - RETRY_MS.least));
  out.write(`retry: ${RETRY_MS.least + spread}\n\n`);
  const heartbeat = setInterval(() => {
    // After the end a slow reader still has to be given the rest; a write then would destroy it.
    if (!out.writableNeedDrain && !out.writableEnded) out.write(": still here\n\n");
  }, heartbeatMs);
  const stop = () => out.writableEnded || out.end(": the server is closing; come back\n\n");
  signal.addEventListener("abort", stop, { once: true });
  out.on("close", () => {
    clearInterval(heartbeat);
    signal.removeEventListener("abort", stop);
  });
  if (signal.aborted) stop();
  pump(events, out).catch((error: unknown) => {
    // After the end, or after the client went away, how the source ended is nobody's concern.
    if (signal.aborted || out.destroyed) return;
    onError(error);
    out.end(": the source of events failed; come back\n\n");
  });
  return out;
}

async function pump(events: EventAnswer<unknown>, out: PassThrough): Promise<void> {
  for await (const event of events) {
    await takeTurn();
    if (out.writableEnded || out.destroyed) return;
    if (!out.write(bytesOf(event))) await drained(out);
  }
  if (!out.writableEnded) out.end();
}

async function drained(out: PassThrough): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  const timer = setTimeout(leave, STUCK_CLIENT_MS);
  out.once("close", leave);
  try {
    await once(out, "drain", { signal: gone.signal });
  } finally {
    clearTimeout(timer);
    out.off("close", leave);
  }
}

const written = new WeakMap<object, Buffer>();

/** An event that goes to many readers is one object, and is written once. */
function bytesOf(event: { id?: string; data: unknown }): Buffer {
  const known = written.get(event);
  if (known) return known;
  const bytes = Buffer.from(formatEvent(event));
  written.set(event, bytes);
  return bytes;
}

/** JSON has no raw line break, so data is always one line; an id that could add a field is refused. */
export function formatEvent(event: { id?: string; data: unknown }): string {
  if (event.id !== undefined && /[\r\n\0]/.test(event.id)) throw new Error("An event's id has a line break.");
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  return `${id}data: ${JSON.stringify(event.data)}\n\n`;
}
