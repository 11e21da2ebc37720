// What a mixed run is drawn from: each breaks one thing and mends it.
import { setTimeout as delay } from "node:timers/promises";
import { skewedClock, slowDisk } from "./preloads.ts";
import type { ServiceName, World } from "./world.ts";

/** `strike` returns when it is mended. */
export type Blow = { what: string; strike(world: World): Promise<void> };

const killed = (name: ServiceName): Blow => ({
  what: `${name} killed`,
  async strike(world) {
    await world.end(name);
    await world.start([name]);
  },
});

const frozen = (name: ServiceName): Blow => ({
  what: `${name} frozen for five seconds`,
  async strike({ services }) {
    const pid = services.get(name)?.pid;
    if (!pid) return;
    process.kill(pid, "SIGSTOP");
    await delay(5000);
    process.kill(pid, "SIGCONT");
  },
});

/** A service that is away while something is done to what it stands on. */
const withoutIt = (name: ServiceName, what: string, work: (world: World) => Promise<void>): Blow => ({
  what: `${name} killed, ${what}`,
  async strike(world) {
    await world.end(name);
    await work(world);
    await world.start([name]);
  },
});

/** Until it is killed again. */
const wrongClock = (name: ServiceName, hours: number): Blow =>
  withoutIt(name, `its clock wrong by ${hours} hours for eight seconds`, async (world) => {
    await world.start([name], skewedClock(hours));
    await delay(8000);
    await world.end(name);
  });

const DAMAGES: readonly { what: string; change(bytes: Buffer): Buffer }[] = [
  { what: "torn in the middle", change: (bytes) => bytes.subarray(0, bytes.length >> 1) },
  { what: "emptied", change: () => Buffer.alloc(0) },
  {
    what: "with a bit flipped",
    change(bytes) {
      const damaged = Buffer.from(bytes);
      damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
      return damaged;
    },
  },
];

/** Of whichever model has one by then. */
const damageCheckpoint =
  (change: (bytes: Buffer) => Buffer) =>
  async ({ store, history }: World): Promise<void> => {
    const found: { key: string; modifiedAt: Date }[] = [];
    for await (const object of store.list("ns/default/models/"))
      if (object.key.includes("/checkpoints/")) found.push(object);
    const newest = found.sort((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime()).at(-1);
    if (!newest) return history.add({ type: "fault", what: "no model has a checkpoint yet" });
    await store.put(newest.key, change((await store.get(newest.key)).body));
    // It may be the only one, or the next one's place lie before its own.
    history.add({ type: "damaged", id: /mdl_[0-9A-Z]+/.exec(newest.key)?.[0] ?? newest.key });
  };

/** Of kinds of objects that everything goes through. */
const torn = (method: "PUT" | "GET", what: string, kind: "store-partial" | "cut-after-bytes"): readonly Blow[] =>
  ["/images/", "/parts/", "/records/"].map((keyPart) => ({
    what: `${what} of ${keyPart}`,
    strike: async ({ s3, random }) =>
      s3?.faults.add({ kind, bytes: Math.floor(random.between(1, 200)), match: { method, keyPart }, times: 3 }),
  }));

export const BLOWS: readonly [Blow, ...Blow[]] = [
  killed("api"),
  killed("downloader"),
  killed("trainer"),
  killed("inferer-batch"),
  frozen("downloader"),
  frozen("trainer"),
  frozen("inferer-batch"),
  wrongClock("downloader", 2),
  wrongClock("trainer", -2),
  wrongClock("inferer-batch", 2),
  withoutIt("trainer", "its disk slow for some seconds", async (world) => {
    await world.start(["trainer"], slowDisk({ kbPerSecond: 1024, syncMs: 500 }));
    await delay(8000);
    await world.end("trainer");
  }),
  ...DAMAGES.map(({ what, change }) => withoutIt("trainer", `the newest checkpoint ${what}`, damageCheckpoint(change))),
  { what: "Redis killed", strike: async ({ redis }) => void (await redis.kill().then(() => redis.restart())) },
  { what: "connections to Redis reset", strike: async ({ redisProxy }) => redisProxy.cut() },
  {
    what: "Redis out of reach for four seconds",
    async strike({ redisProxy }) {
      redisProxy.setWeather({ kind: "broken" });
      await delay(4000);
      redisProxy.setWeather({ kind: "fair" });
    },
  },
  {
    what: "Redis slow for five seconds",
    async strike({ redisProxy }) {
      redisProxy.setWeather({ kind: "slow", ms: 150 });
      await delay(5000);
      redisProxy.setWeather({ kind: "fair" });
    },
  },
  {
    what: "the store answers 503 to ten requests",
    strike: async ({ s3 }) => s3?.faults.add({ kind: "status", status: 503, times: 10 }),
  },
  {
    what: "the store loses five answers",
    strike: async ({ s3 }) => s3?.faults.add({ kind: "lose-answer", match: { method: "PUT" }, times: 5 }),
  },
  ...torn("PUT", "a proxy keeps the beginning of three writes", "store-partial"),
  ...torn("GET", "three reads break off", "cut-after-bytes"),
];
