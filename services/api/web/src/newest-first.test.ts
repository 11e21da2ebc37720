// Nothing that is older than what it would belong to is asked for.
import { expect, test } from "vitest";
import { newestFirst } from "./newest-first.ts";

const made = (day: number) => ({ id: `r${day}`, createdAt: `2026-11-${String(day).padStart(2, "0")}T00:00:00.000Z` });

test("pages are read until one has a record that is too old", async () => {
  const asked: unknown[] = [];
  const list = async (query: { cursor?: string }) => {
    asked.push(query.cursor);
    const first = Number(query.cursor ?? 30);
    return { items: [made(first), made(first - 1)], next: String(first - 2) };
  };
  const found: string[] = [];
  for await (const { id } of newestFirst(made(27).createdAt, list)) found.push(id);
  expect(found).toEqual(["r30", "r29", "r28", "r27"]);
  expect(asked).toEqual([undefined, "28", "26"]);
});

test("the end of the list is the end", async () => {
  const found: string[] = [];
  const list = async () => ({ items: [made(30), made(29)] });
  for await (const { id } of newestFirst(made(1).createdAt, list)) found.push(id);
  expect(found).toEqual(["r30", "r29"]);
});
