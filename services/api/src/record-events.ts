// Following a record: its events as they come, until it has ended. The record decides what has ended, so that neither a lost
// event stream nor a lost Redis leaves a follower hanging.
import { setTimeout as delay } from "node:timers/promises";
import type { RecordOf } from "@ursa/catalog/catalog";
import type { UrsaEvent } from "@ursa/contracts/events";
import type { JobKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { RequestInfo } from "@ursa/http/handlers";
import type { StoredEvent } from "@ursa/queue/event-pages";
import type { Dependencies } from "./dependencies.ts";

type FollowDependencies = Pick<Dependencies, "events" | "looks">;
type Follower = { namespace: string; id: string; after: string | undefined; signal: AbortSignal };
type Sent = { id?: string; data: UrsaEvent };

/** How long a stream may be silent before the record is asked; covers a Redis that is away or lost its events. */
const IDLE_CHECK_MS = 5_000;

/**
 * Events after the request's Last-Event-ID, and last the record's final state, told once. @throws Problem not_found
 */
export async function followRecord<K extends JobKind>(
  deps: FollowDependencies,
  kind: K,
  { request, id }: { request: RequestInfo; id: string },
): Promise<AsyncIterable<Sent>> {
  const { namespace, headers, signal } = request;
  const follower = { namespace, id, signal, after: headers["last-event-id"] };
  const record = await deps.looks.look(kind, follower, follower.after);
  return isFinal(record.state) ? replay(deps, follower, record) : follow(deps, kind, follower);
}

async function* replay(deps: FollowDependencies, follower: Follower, record: RecordOf<JobKind>): AsyncGenerator<Sent> {
  const end: Sent = { data: finalEvent(record) };
  for await (const event of whileReachable(deps.events.backlog(follower, follower.after))) {
    if (tellsTheEnd(event)) end.id = event.id;
    else yield event;
  }
  yield end;
}

async function* follow<K extends JobKind>(deps: FollowDependencies, kind: K, follower: Follower): AsyncGenerator<Sent> {
  for await (const event of listen(deps, follower)) {
    if (event && !tellsTheEnd(event)) {
      yield event;
      continue;
    }
    // Quiet for a while, or told of the end: ask the record, which is the truth.
    const record = await deps.looks.look(kind, follower, event?.id);
    if (!isFinal(record.state)) continue;
    yield { ...(event ? { id: event.id } : {}), data: finalEvent(record) };
    return;
  }
}

/** Goes on where it was when Redis is back; undefined means that nothing was heard for a while. */
async function* listen(deps: FollowDependencies, follower: Follower): AsyncGenerator<StoredEvent | undefined> {
  const { signal } = follower;
  let { after } = follower;
  while (!signal.aborted) {
    const options = { signal, idleMs: IDLE_CHECK_MS, ...(after ? { after } : {}) };
    for await (const event of whileReachable(deps.events.follow(follower, options))) {
      after = event?.id ?? after;
      yield event;
    }
    await delay(IDLE_CHECK_MS, undefined, { signal }).catch(() => {});
    yield undefined;
  }
}

/** Ends where `events` fails because Redis is away. */
async function* whileReachable<T>(events: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "queue_unavailable") throw error;
  }
}

const tellsTheEnd = ({ data }: StoredEvent): boolean => data.type === "state" && isFinal(data.state);

const finalEvent = (record: RecordOf<JobKind>): UrsaEvent => ({
  type: "state",
  state: record.state,
  ...(record.error ? { error: record.error } : {}),
});
