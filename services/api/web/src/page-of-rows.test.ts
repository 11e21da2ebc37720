// Pages of a batch's results: none is lost at the seams, and no more is read than is shown.
import type { Client } from "@ursa/contracts/client";
import { expect, test } from "vitest";
import { pageOfRows } from "./page-of-rows.ts";

/** Results of so many inputs, in pieces that end anywhere, also within an ü. */
function results(count: number) {
  let isCancelled = false;
  let sent = 0;
  const line = (index: number) =>
    `${JSON.stringify({ index, input: `ü${index}`, outcome: "bad_scheme", reason: "no URL" })}\n`;
  const bytes = new TextEncoder().encode(Array.from({ length: count }, (_, index) => line(index)).join(""));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, sent + 37));
      sent += 37;
    },
    cancel() {
      isCancelled = true;
    },
  });
  return { response: new Response(body), left: () => ({ isCancelled, bytes: Math.max(0, bytes.length - sent) }) };
}

const ask = (response: Response, from: number, limit: number) =>
  // The one route that is called.
  pageOfRows({ call: async () => response } as unknown as Client, "prd_1", {
    from,
    limit,
    signal: AbortSignal.any([]),
  });

test("every row is on one page, and the last page says that it is the last", async () => {
  const seen: number[] = [];
  let next: string | undefined = "0";
  for (let pages = 0; next !== undefined; pages += 1) {
    expect(pages).toBeLessThan(4);
    const page: Awaited<ReturnType<typeof ask>> = await ask(results(25).response, Number(next), 10);
    seen.push(...page.items.map(({ index }) => index));
    for (const { index, input } of page.items) expect(input).toBe(`ü${index}`);
    next = page.next;
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index));
});

test("a page that is just full is the last one where no row follows", async () => {
  const { items, next } = await ask(results(10).response, 0, 10);
  expect([items.length, next]).toEqual([10, undefined]);
  expect(await ask(results(0).response, 0, 10)).toEqual({ items: [] });
});

test("what lies behind a page is not read", async () => {
  const { response, left } = results(1000);
  expect((await ask(response, 5, 10)).items).toHaveLength(10);
  expect(left().isCancelled).toBe(true);
  expect(left().bytes).toBeGreaterThan(40_000);
});
