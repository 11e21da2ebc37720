// Which scope has which in it.
import { expect, test } from "vitest";
import { allows, SCOPES, type Scope } from "./scopes.ts";

test.each<[Scope, Scope[]]>([
  ["read", ["read"]],
  ["write", ["read", "write"]],
  ["operate", ["read", "operate"]],
  ["admin", ["read", "write", "admin"]],
])("%s allows exactly %j", (scope, allowed) => {
  expect(SCOPES.filter((needed) => allows([scope], needed))).toEqual(allowed);
});

test("scopes add up, and no scope allows nothing", () => {
  expect(allows(["operate", "write"], "write")).toBe(true);
  expect(SCOPES.some((needed) => allows([], needed))).toBe(false);
});
