// Wakes followers when a stream has grown. One subscribed connection serves them all, so 200 open event streams are one socket.
// The bell only says "look": followers read the stream itself, so a ring that is lost costs a moment, not an event.
import type { Redis } from "ioredis";
import type { RedisConnection } from "./connection.ts";
import { within } from "./within.ts";

export type EventBell = {
  /** Resolves once subscribed; rejects, and leaves nothing behind, when that takes too long. `wait` is true when the bell rang since the last wait, false after `ms` or when `signal` aborts. */
  listen(channel: string): Promise<Listener>;
  close(): void;
};
export type Listener = { wait(ms: number, signal: AbortSignal): Promise<boolean>; close(): void };

/**
 * Less than `whileReachable` waits for its work: whoever gives up must be this file, since only it can take the bell away again.
 * The subscribing connection waits for Redis as long as it takes, and would keep the bells of all who came meanwhile.
 */
const SUBSCRIBE_MS = 5000;

/** `onRing` hears of a channel before its listeners do, and of one that nobody listened to for a while: it may have rung meanwhile. */
type BellOptions = { subscribeMs?: number; onRing?: (channel: string) => void };

export function createEventBell(
  connection: RedisConnection,
  { subscribeMs = SUBSCRIBE_MS, onRing = () => {} }: BellOptions = {},
): EventBell {
  const listeners = new Map<string, Set<EventTarget>>();
  let subscriber: Redis | undefined;
  const ring = (channel: string) => {
    onRing(channel);
    for (const bell of listeners.get(channel) ?? []) bell.dispatchEvent(new Event("ring"));
  };

  function connect(): Redis {
    const options = { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true };
    const redis: Redis = connection.redis.duplicate(options);
    redis.on("error", () => {});
    redis.on("message", (channel: string) => ring(channel));
    // What rang while the connection was away is unknown.
    redis.on("ready", () => [...listeners.keys()].forEach(ring));
    return redis;
  }

  return {
    async listen(channel) {
      subscriber ??= connect();
      const bell = new EventTarget();
      if (!listeners.has(channel)) onRing(channel);
      const bells = listeners.get(channel) ?? new Set();
      listeners.set(channel, bells.add(bell));
      const forget = () => {
        bells.delete(bell);
        if (bells.size > 0 || listeners.get(channel) !== bells) return;
        listeners.delete(channel);
        subscriber?.unsubscribe(channel).catch(() => {});
      };
      try {
        await within(subscribeMs, subscriber.subscribe(channel));
      } catch (error) {
        forget();
        throw error;
      }
      return listenTo(bell, forget);
    },
    close: () => subscriber?.disconnect(),
  };
}

function listenTo(bell: EventTarget, close: () => void): Listener {
  let hasRung = false;
  bell.addEventListener("ring", () => {
    hasRung = true;
  });
  return {
    async wait(ms, signal) {
      if (!hasRung && !signal.aborted) await nextRing(bell, ms, signal);
      const rang = hasRung;
      hasRung = false;
      return rang;
    },
    close,
  };
}

/** Or until `ms` have passed, or `signal` aborts. A thousand listeners wait anew several times a second, so it is made of little. */
function nextRing(bell: EventTarget, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    clearTimeout(timer);
    bell.removeEventListener("ring", wake);
    signal.removeEventListener("abort", wake);
    resolve();
  };
  const timer = setTimeout(wake, ms);
  bell.addEventListener("ring", wake);
  signal.addEventListener("abort", wake);
  return promise;
}
