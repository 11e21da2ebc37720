// Following a record over SSE, as a browser and the CLI do.
import type { UrsaEvent } from "@ursa/contracts/events";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startWorld, toArray, type World } from "./api-world.fixture.ts";
import { EPOCH, seedDataset, seedModel, seedPrediction } from "./seed-records.fixture.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

type Owner = { namespace: string; id: string };
const say = (owner: Owner, message: string) => world.events.publish(owner, { type: "log", message });
const follow = (id: string, lastEventId?: string) =>
  world.client.call("modelEvents", {
    params: { id },
    ...(lastEventId === undefined ? {} : { headers: { "last-event-id": lastEventId } }),
  });
/** What a trainer does at the end: the record first, then the event. */
async function finish(owner: Owner): Promise<void> {
  await world.catalog.update("model", owner, (record) => ({ ...record, state: "ready" }));
  await world.events.publish(owner, { type: "state", state: "ready" });
}
const told = ({ data }: { data: UrsaEvent }) => (data.type === "log" ? data.message : data.type);
const started = async () => {
  const owner = await seedModel(world, { state: "running" });
  await say(owner, "before");
  return owner;
};

test("a follower is told what was, what comes, and the end, each once and in order", async () => {
  const owner = await started();
  const heard: { id?: string; data: UrsaEvent }[] = [];
  const following = (async () => {
    for await (const event of await follow(owner.id)) heard.push(event);
  })();
  await waitUntil(() => heard.length === 1, { what: "the backlog", timeoutMs: 60_000 });
  await world.events.publish(owner, { type: "epoch", row: EPOCH });
  await say(owner, "after");
  await finish(owner);
  await following;
  expect(heard.map(told)).toEqual(["before", "epoch", "after", "state"]);
  expect(heard.every(({ id }) => /^\d+-\d+$/.test(id ?? ""))).toBe(true);
  expect(heard.at(-1)?.data).toEqual({ type: "state", state: "ready" });
});

test("Last-Event-ID resumes without a loss or a repeat, wherever the connection broke", async () => {
  const owner = await started();
  for (const n of [1, 2, 3]) await say(owner, `${n}`);
  await finish(owner);
  const whole = await toArray(await follow(owner.id));
  expect(whole.map(told)).toEqual(["before", "1", "2", "3", "state"]);
  for (const [at, { id }] of whole.entries()) {
    const rest = await toArray(await follow(owner.id, id));
    // Who has heard everything is told the end again: there is nothing else to say, and a silent stream would be followed for ever.
    expect(rest.map(told)).toEqual(at === 4 ? ["state"] : whole.slice(at + 1).map(told));
  }
});

test("a Last-Event-ID that is none of ours begins at the beginning", async () => {
  const owner = await started();
  await finish(owner);
  expect((await toArray(await follow(owner.id, "'; DROP"))).map(told)).toEqual(["before", "state"]);
});

test("a live follower that comes back hears what it missed, and then what comes", async () => {
  const owner = await started();
  const leaving = new AbortController();
  const first = await world.client.call("modelEvents", { params: { id: owner.id }, signal: leaving.signal });
  let last = "";
  for await (const { id } of first) {
    last = id ?? "";
    break;
  }
  leaving.abort();
  await say(owner, "missed");
  const following = toArray(await follow(owner.id, last));
  await say(owner, "live");
  await finish(owner);
  expect((await following).map(told)).toEqual(["missed", "live", "state"]);
});

test("a final event that is lost still ends the stream, with the record's state and reason", async () => {
  const owner = await seedPrediction(world, { state: "running" });
  await say(owner, "before");
  const stream = await world.client.call("predictionEvents", { params: { id: owner.id } });
  const heard: UrsaEvent[] = [];
  const following = (async () => {
    for await (const { data } of stream) heard.push(data);
  })();
  await waitUntil(() => heard.length === 1, { what: "the backlog", timeoutMs: 60_000 });
  await world.connection.redis.flushall();
  const error = { code: "worker_failed", message: "It failed." } as const;
  await world.catalog.update("prediction", owner, (record) => ({ ...record, state: "failed", error }));
  await following;
  expect(heard.slice(1)).toEqual([{ type: "state", state: "failed", error }]);
});

test("a follower of what has ended is told the end at once, once, also when its events are gone", async () => {
  const owner = await started();
  await world.client.call("cancelModel", { params: { id: owner.id } });
  const asked = performance.now();
  const heard = await toArray(await follow(owner.id));
  expect(heard.map(told)).toEqual(["before", "state"]);
  expect(heard.at(-1)?.data).toMatchObject({ state: "cancelled", error: { code: "cancelled" } });
  await world.events.clear(owner);
  expect((await toArray(await follow(owner.id))).map(told)).toEqual(["state"]);
  expect(performance.now() - asked).toBeLessThan(1000);
});

test("fifty followers hear the same, over one connection to Redis", async () => {
  const owner = await started();
  const connections = async () =>
    Number(/connected_clients:(\d+)/.exec(await world.connection.redis.info("clients"))?.[1]);
  const before = await connections();
  const streams = await Promise.all(Array.from({ length: 50 }, () => follow(owner.id)));
  const following = Promise.all(streams.map(toArray));
  for (let n = 0; n < 20; n += 1) await say(owner, `${n}`);
  expect((await connections()) - before).toBeLessThanOrEqual(1);
  await finish(owner);
  const expected = ["before", ...Array.from({ length: 20 }, (_, n) => `${n}`), "state"];
  for (const heard of await following) expect(heard.map(told)).toEqual(expected);
});

test("a record under way shows its latest progress", async () => {
  const { id, namespace } = await seedDataset(world, { state: "running" });
  await world.events.reportProgress({ namespace, id }, "fetch", "0", 3, 12);
  const shown = await world.client.call("getDataset", { params: { id } });
  expect(shown.progress).toEqual({ phase: "fetch", done: 3, total: 12 });
});

test("what is not there cannot be followed", async () => {
  expect(await refusalOf(follow("mdl_01J00000000000000000000000"))).toMatchObject({ code: "not_found" });
});
