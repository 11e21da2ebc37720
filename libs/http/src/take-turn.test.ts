// Many who want to speak at once, and one who wants to be heard meanwhile.
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { takeTurn } from "./take-turn.ts";

test("a thousand take many turns, in order, and the event loop goes round between them", async () => {
  const order: number[] = [];
  const speaking = Array.from({ length: 1000 }, async (_, n) => {
    await takeTurn();
    order.push(n);
  });
  let [turns, most, before] = [0, 0, 0];
  while (order.length < 1000) {
    await turn();
    turns += 1;
    most = Math.max(most, order.length - before);
    before = order.length;
  }
  await Promise.all(speaking);
  expect(order).toEqual(Array.from({ length: 1000 }, (_, n) => n));
  expect(turns).toBeGreaterThan(10);
  expect(most).toBeLessThan(200);
});

test("one alone waits for nobody, also after the many", async () => {
  await takeTurn();
  await takeTurn();
  let isThere = false;
  void takeTurn().then(() => {
    isThere = true;
  });
  await turn();
  expect(isThere).toBe(true);
});
