import { expect, test } from "vitest";

import { BEAR_KINDS, drawBear } from "./pictures.ts";

test.each(BEAR_KINDS)("a %s bear is the same for the same seed and another for another", async (kind) => {
  const [first, again, other] = await Promise.all([drawBear(kind, 1), drawBear(kind, 1), drawBear(kind, 2)]);
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  expect(first.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
});

test("no two of a few hundred are the same picture", async () => {
  const drawn = await Promise.all(
    BEAR_KINDS.flatMap((kind) => Array.from({ length: 80 }, (_, seed) => drawBear(kind, seed))),
  );
  expect(new Set(drawn.map((bytes) => bytes.toString("base64"))).size).toBe(240);
});
