// A person decides faster than a slow API answers, and goes on while it is away.
import type { Edit } from "@ursa/contracts/edits";
import { expect, test, vi } from "vitest";
import { createEditSaver, type Saving } from "./edit-saver.ts";

const keep = (key: string): Edit => ({ action: "keep", key });

function slowApi() {
  const sent: string[][] = [];
  const answers: { resolve(): void; reject(error: Error): void }[] = [];
  const seen: Saving[] = [];
  const send = (edits: Edit[]) => {
    sent.push(edits.map(({ key }) => key));
    return new Promise<void>((resolve, reject) => answers.push({ resolve, reject }));
  };
  const saver = createEditSaver(send, (saving) => seen.push(saving));
  return { saver, sent, seen, next: async () => vi.waitUntil(() => answers.shift()) };
}

test("what is said while a request is under way goes with the next one, in order", async () => {
  const { saver, sent, seen, next } = slowApi();
  saver.push([keep("1")]);
  saver.push([keep("2")]);
  saver.push([keep("3"), keep("4")]);
  (await next()).resolve();
  (await next()).resolve();
  await vi.waitUntil(() => seen.at(-1)?.waiting === 0);
  expect(sent).toEqual([["1"], ["2", "3", "4"]]);
});

test("what could not be sent is told and kept, and is the first to be sent again", async () => {
  const { saver, sent, seen, next } = slowApi();
  saver.push([keep("1")]);
  (await next()).reject(new Error("away"));
  await vi.waitUntil(() => seen.at(-1)?.problem);
  expect(seen.at(-1)).toEqual({ waiting: 1, problem: new Error("away") });
  saver.push([keep("2")]);
  (await next()).reject(new Error("still away"));
  await vi.waitUntil(() => String(seen.at(-1)?.problem).includes("still away"));
  expect(seen.at(-1)?.waiting).toBe(2);
  saver.retry();
  (await next()).resolve();
  await vi.waitUntil(() => seen.at(-1)?.waiting === 0);
  expect(sent).toEqual([["1"], ["1", "2"], ["1", "2"]]);
  expect(seen.at(-1)?.problem).toBeUndefined();
});
