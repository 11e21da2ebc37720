// Asking for a regression: what is settled when it is created, and what is refused before any work is done.
import type { CreateRegression } from "@ursa/contracts/regression";
import { keys } from "@ursa/store/keys";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, type World } from "./api-world.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

type Body = Partial<CreateRegression>;
const create = (body: Body, headers = {}) => world.client.call("createRegression", { body, headers });

test("a preset chooses the rate by the points, and the record says both", async () => {
  const rates = async (body: Body) =>
    Promise.all((["too-small", "good", "too-big"] as const).map(async (preset) => create({ ...body, preset })));
  const lesson = (await rates({})).map(({ learningRate }) => learningRate);
  // The lesson's points have their largest rate near 1, so the lesson's own 0.1 is what good means there.
  expect(lesson[1]).toBeGreaterThan(0.09);
  expect(lesson[1]).toBeLessThan(0.11);
  expect((lesson[2] ?? 0) / (lesson[0] ?? 1)).toBeCloseTo(210, 6);
  const points = Array.from({ length: 30 }, (_, at): [number, number] => [1950 + at, at]);
  const [, plain] = await rates({ points });
  const [, rescaled] = await rates({ points, rescale: true });
  expect(plain).toMatchObject({ preset: "good", rescale: false });
  expect(plain?.learningRate).toBeLessThan(1e-6);
  expect(rescaled?.learningRate).toBeGreaterThan(0.05);
});

test.each<[string, Body, RegExp]>([
  [
    "points in two ways",
    {
      csv: "1,2\n3,4",
      points: [
        [0, 0],
        [1, 1],
      ],
    },
    /points and csv/,
  ],
  ["a line of words", { csv: "1,2\n3,four" }, /csv: line 2 .*3,four/],
  ["a rate and a preset", { learningRate: 0.1, preset: "good" }, /leave out learningRate/],
  ["a start for another degree", { degree: 3, start: [-1, 1] }, /degree 3 has 4 parameters/],
  [
    "more parameters than points",
    {
      points: [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      degree: 3,
    },
    /needs 4 points .* there are 3/,
  ],
  [
    "points one above the other",
    {
      points: [
        [1, 0],
        [1, 1],
      ],
    },
    /there are 1\./,
  ],
  ["a degree that is too high", { degree: 16 }, /degree/],
  ["no rate at all", { learningRate: 0 }, /learningRate/],
])("refuses %s, and keeps nothing", async (_name, body, says) => {
  const before = await keysUnder(world, keys.ofKind("default", "regression"));
  const refused = await refusalOf(create(body));
  expect(refused.code).toBe("invalid_request");
  expect(`${refused.message} ${JSON.stringify(refused.extra)}`).toMatch(says);
  expect(await keysUnder(world, keys.ofKind("default", "regression"))).toEqual(before);
});

test("asked twice with the same key it is one regression, and of given points one file", async () => {
  const headers = { "idempotency-key": "twice" };
  const first = await create({ csv: "1,2\n2,3\n3,5" }, headers);
  const second = await create({ csv: "1,2\n2,3\n3,5" }, headers);
  expect(second.id).toBe(first.id);
  expect(await keysUnder(world, keys.regression.all(first))).toEqual([keys.regression.points(first)]);
});
