// The states of a record and the moves between them.
import { expect, test } from "vitest";
import { isFinal, LEGAL_MOVES, listQuerySchema, STATES } from "./record.ts";

test("every state has its moves, to states there are, and none to itself", () => {
  expect(Object.keys(LEGAL_MOVES).sort()).toEqual([...STATES].sort());
  for (const [state, moves] of Object.entries(LEGAL_MOVES)) {
    for (const move of moves) expect(STATES).toContain(move);
    expect(moves).not.toContain(state);
    expect(new Set(moves).size).toBe(moves.length);
  }
});

test("what has ended never moves again, and everything can end", () => {
  expect(STATES.filter(isFinal)).toEqual(["ready", "failed", "cancelled"]);
  for (const state of STATES.filter((each) => !isFinal(each))) {
    expect(LEGAL_MOVES[state]).toEqual(expect.arrayContaining(["failed", "cancelled"]));
  }
});

test("only work that ran becomes ready, and only it is handed back", () => {
  const to = (target: string) => STATES.filter((state) => LEGAL_MOVES[state].some((move) => move === target));
  expect(to("ready")).toEqual(["running"]);
  expect(to("queued")).toEqual(["running"]);
  expect(to("running")).toEqual(["queued"]);
});

test("a list is bounded, and its limit comes as text", () => {
  expect(listQuerySchema.parse({})).toEqual({ limit: 50 });
  expect(listQuerySchema.parse({ limit: "200" }).limit).toBe(200);
  for (const state of [...STATES, "unfinished"]) expect(listQuerySchema.parse({ state }).state).toBe(state);
  for (const limit of ["0", "201", "1.5", "x", "", "-1", "Infinity"])
    expect(listQuerySchema.safeParse({ limit }).success, limit).toBe(false);
});
