import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";

import { createHostLimiter, type HostLimiter } from "./host-limiter.ts";

const never = new AbortController().signal;

test("lets so many in per host and in all", async () => {
  const limiter = createHostLimiter({ total: 3, perHost: 2 });
  const order = watch(limiter, ["a", "a", "a", "b", "b"]);
  await nextTurn();
  expect(order.entered).toEqual(["a", "a", "b"]);
});

test("lets hosts take turns when places are freed", async () => {
  const limiter = createHostLimiter({ total: 2, perHost: 2 });
  const order = watch(limiter, ["long", "long", "long", "long", "b", "c"]);
  for (let i = 0; i < 4; i++) {
    await nextTurn();
    order.leave();
  }
  await nextTurn();
  expect(order.entered).toEqual(["long", "long", "long", "b", "c", "long"]);
});

test("a slow host with a long line holds only its own places", async () => {
  const limiter = createHostLimiter({ total: 8, perHost: 2 });
  const order = watch(limiter, [...Array.from({ length: 50 }, () => "slow"), "a", "b", "c", "d"]);
  await nextTurn();
  expect(order.entered).toEqual(["slow", "slow", "a", "b", "c", "d"]);
});

test("who gives up leaves the line, and the places stay whole", async () => {
  const limiter = createHostLimiter({ total: 1, perHost: 1 });
  const held = await limiter.acquire("a", never);
  const impatient = new AbortController();
  const waiting = limiter.acquire("a", impatient.signal);
  const other = limiter.acquire("b", never);
  impatient.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  held[Symbol.dispose]();
  (await other)[Symbol.dispose]();
  (await limiter.acquire("a", never))[Symbol.dispose]();
  await expect(limiter.acquire("a", impatient.signal)).rejects.toThrow("enough");
});

function watch(limiter: HostLimiter, hosts: string[]) {
  const entered: string[] = [];
  const places: Disposable[] = [];
  for (const host of hosts) {
    void limiter.acquire(host, never).then((place) => {
      entered.push(host);
      places.push(place);
    });
  }
  return { entered, leave: () => places.shift()?.[Symbol.dispose]() };
}
