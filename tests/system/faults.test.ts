// Faults of `npm run chaos` that tell most in the least time, each judged by all invariants. The rest, and several at once, are run by hand
// (docs/reliability.md).
import { expect, test } from "vitest";
import { MATRIX } from "../chaos/matrix.ts";
import { runFault } from "../chaos/run-fault.ts";
import { SHORT } from "../chaos/short.ts";

const SEED = Number(process.env.TEST_CHAOS_SEED ?? 1);

test.for(MATRIX.filter(({ id }) => SHORT.includes(id)))("$id: $title; yet $promise", async (fault) => {
  const { violations, historyPath } = await runFault(fault, SEED, "folder");
  expect(violations, `npm run chaos -- --faults ${fault.id} --seed ${SEED}; history: ${historyPath}`).toEqual([]);
});

test("each of them is in the matrix", () => {
  expect(SHORT.filter((name) => !MATRIX.some(({ id }) => id === name))).toEqual([]);
});
