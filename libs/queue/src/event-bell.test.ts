// A bell that nobody will hear is taken away again, also when Redis never answered.
import { EventEmitter } from "node:events";
import { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import { createEventBell } from "./event-bell.ts";

/** A connection whose subscriber is only a recorder. */
function connectionTo(subscribe: () => Promise<unknown>) {
  const unsubscribed: string[] = [];
  const unsubscribe = async (channel: string) => void unsubscribed.push(channel);
  const subscriber = Object.assign(new EventEmitter(), { subscribe, unsubscribe, disconnect: () => {} });
  const redis = new Redis({ lazyConnect: true });
  // The bell uses nothing of the subscriber but what is here.
  vi.spyOn(redis, "duplicate").mockReturnValue(subscriber as unknown as Redis);
  return { connection: { redis, close: async () => {} }, unsubscribed };
}

test("a subscription that Redis never answers is given up and forgotten", async () => {
  const { connection, unsubscribed } = connectionTo(() => new Promise(() => {}));
  const bell = createEventBell(connection, { subscribeMs: 20 });
  await expect(bell.listen("ursa:events:a")).rejects.toThrow("20 ms");
  expect(unsubscribed).toEqual(["ursa:events:a"]);
});

test("a subscription that fails leaves those alone who hear the same bell", async () => {
  const answers = [async () => 1, async () => Promise.reject(new Error("Connection is closed."))];
  const { connection, unsubscribed } = connectionTo(async () => answers.shift()?.());
  const bell = createEventBell(connection);
  const first = await bell.listen("ursa:events:a");
  await expect(bell.listen("ursa:events:a")).rejects.toThrow("closed");
  expect(unsubscribed).toEqual([]);
  first.close();
  expect(unsubscribed).toEqual(["ursa:events:a"]);
});
