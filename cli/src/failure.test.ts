// What a person reads and what a script gets when something fails.
import { Problem } from "@ursa/contracts/problem";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { exitCodeOf, explain, Failure } from "./failure.ts";

const unreachable = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });

test.each<[string, unknown, number]>([
  ["a command that failed", new Failure("It failed."), 1],
  ["what a person typed wrong", new Failure("There is no such file.", { exitCode: 2 }), 2],
  ["an option that is unknown", new CommanderError(1, "commander.unknownOption", "unknown option"), 2],
  ["help that was asked for", new CommanderError(0, "commander.helpDisplayed", "(outputHelp)"), 0],
  ["an API that is not there", unreachable, 3],
  ["a refusal of the API", new Problem("not_found"), 1],
  ["anything else", new Error("a bug"), 1],
  ["a TypeError that is a bug", new TypeError("x is not a function"), 1],
])("%s", (_, error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

test("an API that is not there: how to start it, and how to say where it is", () => {
  expect(explain(unreachable)).toMatch(/`ursa up`.*--url/);
});

test("commander has printed its own message already", () => {
  expect(explain(new CommanderError(1, "commander.unknownOption", "unknown option"))).toBeUndefined();
});

test("every fault of a request is printed once, on its own line", () => {
  const errors = [
    { in: "body", path: "name", message: "expected at most 200 characters" },
    { in: "body", path: "", message: "expected an object" },
  ];
  const problem = new Problem("invalid_request", "The body of the request has 2 faults; errors names them.", {
    extra: { errors },
  });
  expect(explain(problem)).toBe("name: expected at most 200 characters\nexpected an object. [invalid_request]");
  expect(explain(new Problem("invalid_request", "bears.csv line 3: no class"))).toBe(
    "bears.csv line 3: no class. [invalid_request]",
  );
});

test.each([
  [new Problem("unknown_model", "There is no alias bears@prod."), "`ursa model list` and `ursa alias list`"],
  [new Problem("not_found", "There is no dataset ds_01J."), "`ursa dataset list`"],
  [new Problem("not_found", "There is no model mdl_01J."), "`ursa model list`"],
  [new Problem("not_found", "There is no prediction prd_01J."), "`ursa prediction list`"],
  [new Problem("not_found", "There is no alias bears@prod."), "`ursa alias list`"],
  [new Problem("queue_unavailable"), "`ursa status`"],
])("%s: what to type", (problem, remedy) => {
  expect(explain(problem)).toContain(`${problem.message} `);
  expect(explain(problem)).toContain(remedy);
  expect(explain(problem)).toMatch(new RegExp(`\\[${problem.code}\\]$`));
});

test("what is not found and is no record has no made-up remedy", () => {
  expect(explain(new Problem("not_found", "Item 7 has no stored picture."))).toBe(
    "Item 7 has no stored picture. [not_found]",
  );
});
