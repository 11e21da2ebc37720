// The training child's end of the IPC channel: numbered messages out, `start` and `stop` in. When the trainer dies the channel
// closes, and the child ends at once: its writes are immutable or fenced, so there is nothing to finish.
import { type ChildMessage, type ParentMessage, parentMessageSchema, type Start } from "./child-messages.ts";

export interface ParentLink {
  start: Start;
  /** Aborts when the trainer says stop. */
  signal: AbortSignal;
  /** Resolves when the trainer has acted on the message. */
  tell(message: ChildMessage): Promise<void>;
  close(): void;
}

/** The trainer kills a child that is silent for a minute, so a busy moment of a few seconds is harmless. */
const ALIVE_MS = 1000;

export async function connectParent(): Promise<ParentLink> {
  const { promise: started, resolve: onStart } = Promise.withResolvers<Start>();
  const waiting = new Map<number, () => void>();
  const stop = new AbortController();
  const act = {
    start: (message: ParentMessage & { type: "start" }) => onStart(message.start),
    stop: () => stop.abort(new DOMException("The trainer is shutting down.", "AbortError")),
    done: ({ number }: ParentMessage & { type: "done" }) => {
      waiting.get(number)?.();
      waiting.delete(number);
    },
  };
  const leave = () => process.exit(1);
  process.once("disconnect", leave);
  process.on("message", (raw) => {
    const message = parentMessageSchema.parse(raw);
    if (message.type === "start") act.start(message);
    else if (message.type === "done") act.done(message);
    else act.stop();
  });
  let number = 0;
  const tell = (message: ChildMessage) =>
    new Promise<void>((resolve) => {
      number += 1;
      waiting.set(number, resolve);
      // A trainer that has gone is noticed by its channel, which closes; there is nobody to tell.
      process.send?.({ number, message }, () => {});
    });
  const alive = setInterval(() => void tell({ type: "alive", rssBytes: process.memoryUsage.rss() }), ALIVE_MS);
  const close = () => {
    clearInterval(alive);
    process.off("disconnect", leave);
    process.disconnect?.();
  };
  return { start: await started, signal: stop.signal, tell, close };
}
