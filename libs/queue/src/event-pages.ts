// Pages of the streams of events. Followers are mostly at the same place: those share one reading, and one parsing, of what comes after it.
import { eventSchema, type UrsaEvent } from "@ursa/contracts/events";
import { type RedisConnection, whileReachable } from "./connection.ts";

export type StoredEvent = { id: string; data: UrsaEvent };
/** `last`: the id to go on from, which may be that of an entry that was skipped. */
export type EventPage = { events: readonly StoredEvent[]; last: string; isLast: boolean };

export type EventPages = {
  /** What comes after the id `after`, with the very same events for everyone who asks before the stream is known to have grown. */
  read(stream: string, after: string): Promise<EventPage>;
  /** The stream has grown: what was read of it before is not everything. */
  forget(stream: string): void;
};

const PAGE = 200;
/** What tells that a stream has grown may be lost. */
const SHARED_MS = 1000;

export function createEventPages(connection: RedisConnection, { sharedMs = SHARED_MS } = {}): EventPages {
  const streams = new Map<string, Map<string, Promise<EventPage>>>();

  function share(stream: string, after: string): Promise<EventPage> {
    const page = readPage(connection, stream, after);
    const places = streams.get(stream) ?? new Map<string, Promise<EventPage>>();
    streams.set(stream, places.set(after, page));
    const forget = () => {
      if (places.get(after) === page) places.delete(after);
      if (places.size === 0 && streams.get(stream) === places) streams.delete(stream);
    };
    setTimeout(forget, sharedMs).unref();
    // Whoever asked hears of it; whoever asks next asks Redis.
    page.catch(forget);
    return page;
  }

  return {
    read: (stream, after) => streams.get(stream)?.get(after) ?? share(stream, after),
    forget: (stream) => void streams.delete(stream),
  };
}

/** @throws Problem queue_unavailable */
export async function readPage(connection: RedisConnection, stream: string, after: string): Promise<EventPage> {
  const entries = await whileReachable(connection, () =>
    connection.redis.xrange(stream, `(${after}`, "+", "COUNT", PAGE),
  );
  const events = entries.map(parseEntry).filter((event) => event !== undefined);
  return { events, last: entries.at(-1)?.[0] ?? after, isLast: entries.length < PAGE };
}

/** Undefined for an event of a later version, which is skipped. */
function parseEntry([id, [, text = ""]]: [string, string[]]): StoredEvent | undefined {
  const event = eventSchema.safeParse(JSON.parse(text));
  return event.success ? { id, data: event.data } : undefined;
}
