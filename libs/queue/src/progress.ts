// Live events of a record: a capped Redis stream that followers read, and progress summed over the parts of a phase.
// They are for watching only: lost Redis means lost events, never lost truth, so nothing but following fails when it is away.
import { eventSchema, type UrsaEvent } from "@ursa/contracts/events";
import { type Progress, progressSchema } from "@ursa/contracts/record";
import type { Metrics } from "@ursa/service/metrics";
import { type RedisConnection, whileReachable } from "./connection.ts";
import { createEventBell, type EventBell, type Listener } from "./event-bell.ts";
import { createEventPages, type EventPage, type EventPages, readPage, type StoredEvent } from "./event-pages.ts";
import { addProgress, type ProgressDetails, type ProgressPlace, type ProgressReport } from "./progress-script.ts";
import { within } from "./within.ts";

type Owner = { namespace: string; id: string };
type Phase = Progress["phase"];

export interface Events {
  publish(owner: Owner, event: UrsaEvent): Promise<void>;
  /** `done` of `total` within one part (a shard, say) of a phase; the phase's progress is the sum over its parts. */
  reportProgress(owner: Owner, phase: Phase, ...report: PartProgress): Promise<void>;
  /** Tells a phase's total before all of its parts have reported, so that the sum does not look complete too early. */
  expectTotal(owner: Owner, phase: Phase, total: number): Promise<void>;
  latestProgress(owner: Owner): Promise<Progress | undefined>;
  /** The events kept that came after the id `after`. Throws Problem queue_unavailable. */
  backlog(owner: Owner, after?: string): AsyncIterable<StoredEvent>;
  /**
   * The backlog, then live events until `signal` aborts or the caller stops. With `idleMs`, and only then, yields undefined
   * whenever that long has passed without an event. Followers at the same place are given the same objects; one that takes its time is
   * given what the stream has then, of progress the newest only. Throws Problem queue_unavailable when Redis is away.
   */
  follow(owner: Owner, options: FollowOptions): AsyncIterable<StoredEvent | undefined>;
  clear(owner: Owner): Promise<void>;
  /** The connection stays open: whoever made it closes it. */
  close(): Promise<void>;
}
export type PartProgress = [part: string, done: number, total: number, details?: ProgressDetails];
export type FollowOptions = { after?: string; signal: AbortSignal; idleMs?: number };

/** Events are dropped a day after the last one; the record has the outcome. */
const KEPT_S = 24 * 3600;
/** Roughly; enough for a thousand epochs: of progress only the newest is kept. */
const STREAM_LENGTH = 1000;
/** A thousand shards reporting must not flood whoever watches. */
const PROGRESS_EVERY_MS = 250;
const LIMITS = { keptS: KEPT_S, everyMs: PROGRESS_EVERY_MS, streamLength: STREAM_LENGTH };
/** A job does not wait longer than this for its events to be taken. */
const PATIENCE_MS = 1000;
/** A follower that was never rung looks anyway. */
const LOOK_ANYWAY_MS = 5000;

const streamOf = ({ namespace, id }: Owner) => `ursa:events:${namespace}:${id}`;
const latestOf = ({ namespace, id }: Owner) => `ursa:progress:${namespace}:${id}`;
const partsOf = (owner: Owner, phase: string) => `${latestOf(owner)}:${phase}`;

export function createEvents(connection: RedisConnection, { metrics }: { metrics?: Metrics } = {}): Events {
  const { redis } = connection;
  const pages = createEventPages(connection);
  const bell = createEventBell(connection, { onRing: pages.forget });
  /** Runs what may be lost. A connection that waits for Redis would make its job wait too. */
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      if (redis.status !== "ready") throw new Error("Redis is away");
      return await within(PATIENCE_MS, work());
    } catch {
      metrics?.eventsLost.inc();
      return undefined;
    }
  };
  const addTo = (owner: Owner, phase: Phase, numbers: Omit<ProgressReport, "phase">) => {
    const place: ProgressPlace = { latest: latestOf(owner), parts: partsOf(owner, phase), stream: streamOf(owner) };
    return attempt(() => addProgress(connection, { phase, ...numbers }, { place, limits: LIMITS }));
  };

  return {
    publish: async (owner, event) => void (await attempt(() => append(connection, owner, event))),
    reportProgress: (owner, phase, ...[part, done, total, details]) =>
      addTo(owner, phase, { part, done, total, details }),
    expectTotal: (owner, phase, total) => addTo(owner, phase, { part: "", done: 0, total }),
    latestProgress: (owner) => attempt(() => readProgress(connection, owner)),
    backlog: (owner, after) => readOn((last) => readPage(connection, streamOf(owner), last), after),
    follow: (owner, options) => followOn(connection, { bell, pages }, { owner, ...options }),
    clear: async (owner) => void (await attempt(() => removeAll(connection, owner))),
    close: async () => bell.close(),
  };
}

async function append({ redis }: RedisConnection, owner: Owner, event: UrsaEvent): Promise<void> {
  const stream = streamOf(owner);
  await redis
    .multi()
    .xadd(stream, "MAXLEN", "~", STREAM_LENGTH, "*", "event", JSON.stringify(eventSchema.parse(event)))
    .expire(stream, KEPT_S)
    .publish(stream, "")
    .exec();
}

async function readProgress({ redis }: RedisConnection, owner: Owner): Promise<Progress | undefined> {
  const { phase, done, total, details = "" } = await redis.hgetall(latestOf(owner));
  const known = JSON.parse(`{${details.slice(1)}}`);
  const parts = phase === "fetch" ? await redis.hgetall(partsOf(owner, phase)) : {};
  const texts = Object.entries(parts).flatMap(([field, text]) => (field.startsWith("classes:") ? [text] : []));
  const classes = texts.length > 0 ? { classes: addClasses(texts.map((text) => JSON.parse(text))) } : {};
  const progress = progressSchema.safeParse({ ...known, ...classes, phase, done: Number(done), total: Number(total) });
  return progress.success ? progress.data : undefined;
}

type ClassTallies = NonNullable<Progress["classes"]>;

/** The sum over the parts, in the order in which classes first come. */
function addClasses(parts: ClassTallies[]): ClassTallies {
  const sums = new Map<string, ClassTallies[number]["outcomes"]>();
  for (const { class: name, outcomes } of parts.flat()) {
    const sum = sums.get(name) ?? {};
    // Keys of an outcome count are outcomes.
    for (const outcome of Object.keys(outcomes) as (keyof typeof outcomes)[])
      sum[outcome] = (sum[outcome] ?? 0) + (outcomes[outcome] ?? 0);
    sums.set(name, sum);
  }
  return [...sums].map(([name, outcomes]) => ({ class: name, outcomes }));
}

async function* readOn(read: (after: string) => Promise<EventPage>, after?: string): AsyncGenerator<StoredEvent> {
  // Last-Event-ID comes from outside: what is not an id of ours means "from the start".
  let last = after !== undefined && /^\d{1,20}-\d{1,20}$/.test(after) ? after : "0-0";
  for (;;) {
    const page = await read(last);
    yield* page.events;
    if (page.isLast) return;
    last = page.last;
  }
}

type Following = FollowOptions & { owner: Owner };
type Followed = { bell: EventBell; pages: EventPages };

async function* followOn(
  connection: RedisConnection,
  { bell, pages }: Followed,
  following: Following,
): AsyncGenerator<StoredEvent | undefined> {
  const listener = await whileReachable(connection, () => bell.listen(streamOf(following.owner)));
  try {
    yield* readAndListen(pages, listener, following);
  } finally {
    listener.close();
  }
}

async function* readAndListen(
  pages: EventPages,
  listener: Listener,
  { owner, after, signal, idleMs }: Following,
): AsyncGenerator<StoredEvent | undefined> {
  let last = after;
  while (!signal.aborted) {
    for await (const event of readOn((place) => pages.read(streamOf(owner), place), last)) {
      yield event;
      last = event.id;
    }
    const rang = await listener.wait(idleMs ?? LOOK_ANYWAY_MS, signal);
    if (!rang && idleMs !== undefined && !signal.aborted) yield undefined;
  }
}

async function removeAll({ redis }: RedisConnection, owner: Owner): Promise<void> {
  const phases = progressSchema.shape.phase.options.map((phase) => partsOf(owner, phase));
  await redis.del(streamOf(owner), latestOf(owner), ...phases);
}
