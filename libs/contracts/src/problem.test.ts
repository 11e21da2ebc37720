// The problem catalogue, and that docs/errors.md lists exactly it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PROBLEMS, Problem, problemCodeSchema, problemSchema } from "./problem.ts";
import type { Route } from "./route.ts";
import { BODY_PROBLEMS, COMMON_PROBLEMS } from "./route.ts";
import { ROUTES } from "./routes.ts";

test("codes are snake case, statuses are errors, titles are sentences and no two are the same", () => {
  const entries = Object.entries(PROBLEMS);
  for (const [code, { status, title }] of entries) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title, code).toMatch(/^[A-Z].*\.$/);
  }
  expect(new Set(entries.map(([, { title }]) => title)).size).toBe(entries.length);
  expect(problemCodeSchema.options).toEqual(Object.keys(PROBLEMS));
});

test("docs/errors.md lists every code with its status, and says what to do", () => {
  const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (.+) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
  expect(rows.map(([code, status]) => [code, Number(status)])).toEqual(
    Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]),
  );
  for (const [code, , meaning = "", remedy = ""] of rows) {
    expect(meaning.length, code).toBeGreaterThan(20);
    expect(remedy.length, code).toBeGreaterThan(10);
  }
});

test("a route names no code twice, and none that every route may answer anyway", () => {
  for (const [id, route] of Object.entries<Route>(ROUTES)) {
    const codes = route.problems ?? [];
    expect(new Set(codes).size, id).toBe(codes.length);
    for (const common of COMMON_PROBLEMS) expect(codes, id).not.toContain(common);
  }
  expect(new Set([...BODY_PROBLEMS, ...COMMON_PROBLEMS]).size).toBe(BODY_PROBLEMS.length + COMMON_PROBLEMS.length);
});

test("a problem's body is RFC 9457's, and no data can take the place of its members", () => {
  const extra = { status: 200, code: "ok", requestId: "forged", outcome: "http_4xx" };
  const body = new Problem("fetch_failed", "It answered 404.", { extra }).toBody("r-1");
  expect(problemSchema.parse(body)).toEqual({
    type: "/docs#fetch_failed",
    title: PROBLEMS.fetch_failed.title,
    status: 422,
    code: "fetch_failed",
    detail: "It answered 404.",
    requestId: "r-1",
    outcome: "http_4xx",
  });
});

test("a problem is an Error with its cause, and says its title where nobody said more", () => {
  const cause = new Error("ECONNREFUSED");
  const problem = new Problem("queue_unavailable", undefined, { cause });
  expect(problem).toBeInstanceOf(Error);
  expect([problem.message, problem.cause, problem.status]).toEqual([PROBLEMS.queue_unavailable.title, cause, 503]);
});
