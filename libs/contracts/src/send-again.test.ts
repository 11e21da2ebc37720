import { expect, test } from "vitest";
import { createClient } from "./client.ts";
import { sendAgain } from "./send-again.ts";

const busy = () => new Response(null, { status: 503, headers: { "retry-after": "0" } });

test("a service that restarts is asked until it answers", async () => {
  const answers = [busy, () => Promise.reject(new TypeError("fetch failed")), () => new Response("there")];
  const response = await sendAgain(async () => (answers.shift() ?? busy)(), { times: 5 });
  expect(await response.text()).toBe("there");
  expect(answers).toHaveLength(0);
});

test("the last refusal is the answer when asking again has ended", async () => {
  let asked = 0;
  const count = async () => {
    asked += 1;
    return busy();
  };
  const response = await sendAgain(count, { times: 2 });
  expect(response.status).toBe(503);
  expect(asked).toBe(3);
});

test("an abort is not mended", async () => {
  const aborted = () => Promise.reject(new DOMException("stopped", "AbortError"));
  await expect(sendAgain(aborted, { times: 5 })).rejects.toThrow("stopped");
});

test("creating again carries the same Idempotency-Key, and without retries none", async () => {
  const keys: (string | null)[] = [];
  const send = async (_url: unknown, init?: RequestInit) => {
    keys.push(new Headers(init?.headers).get("idempotency-key"));
    return busy();
  };
  const body = { dataset: "ds_00000000000000000000000000" };
  await expect(
    createClient({ baseUrl: "http://x", fetch: send, retries: 1 }).call("createModel", { body }),
  ).rejects.toThrow();
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  await expect(createClient({ baseUrl: "http://x", fetch: send }).call("createModel", { body })).rejects.toThrow();
  expect(keys[2]).toBeNull();
});
