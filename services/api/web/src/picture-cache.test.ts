// Pictures: each fetched once, few at a time, and no more of them kept than is bounded.
import { createClient } from "@ursa/contracts/client";
import { expect, test } from "vitest";
import { createPictureCache } from "./picture-cache.ts";

/** An API that answers when it is let. */
function slowApi() {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const answer: typeof fetch = async (address) => {
    asked.push(String(address));
    await new Promise<void>((go) => waiting.push(go));
    return new Response("picture", { headers: { "content-type": "image/jpeg" } });
  };
  const client = createClient({ baseUrl: "http://ursa.example", key: "secret", fetch: answer });
  const letAll = async () => {
    while (waiting.length > 0) {
      waiting.pop()?.();
      await new Promise((done) => setTimeout(done, 0));
    }
  };
  return { client, asked, letAll };
}
const picture = (key: number) => ({ dataset: "ds_01J00000000000000000000000", key: String(key), size: 256 });
const { signal } = new AbortController();

test("a picture is fetched once, and its address has no key", async () => {
  const { client, asked, letAll } = slowApi();
  const cache = createPictureCache(client);
  const loading = cache.load(picture(1), signal);
  await letAll();
  const address = await loading;
  expect(address).toMatch(/^blob:/);
  expect(await cache.load(picture(1), signal)).toBe(address);
  expect(cache.known(picture(1))).toBe(address);
  expect(asked).toEqual(["http://ursa.example/v1/datasets/ds_01J00000000000000000000000/items/1/image?size=256"]);
});

test("four at a time, the last that was asked for next, and what was scrolled past not at all", async () => {
  const { client, asked, letAll } = slowApi();
  const cache = createPictureCache(client);
  const past = new AbortController();
  const loading = Array.from({ length: 8 }, (_, key) => cache.load(picture(key), key === 5 ? past.signal : signal));
  await new Promise((done) => setTimeout(done, 0));
  expect(asked).toHaveLength(4);
  past.abort();
  await Promise.all([letAll(), Promise.allSettled(loading)]);
  const keys = asked.map((address) => /items\/(\d+)/.exec(address)?.[1]);
  expect(keys).toEqual(["0", "1", "2", "3", "7", "6", "4"]);
});

test("the oldest is let go of", async () => {
  const answer: typeof fetch = async () => new Response("picture");
  const cache = createPictureCache(createClient({ baseUrl: "http://ursa.example", fetch: answer }));
  for (let key = 0; key < 601; key += 1) await cache.load(picture(key), signal);
  expect(cache.known(picture(0))).toBeUndefined();
  expect(cache.known(picture(600))).toMatch(/^blob:/);
});
