import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

import { createNameResolver, type Lookup } from "./name-resolver.ts";

const ANSWER = [{ address: "192.0.2.1", family: 4 }];
const failure = (code: string) => Object.assign(new Error(code), { code });

test("remembers a name that does not exist, for a minute", async () => {
  let now = 0;
  const { lookup, asked } = recording(() => Promise.reject(failure("ENOTFOUND")));
  const resolver = createNameResolver({ lookup, now: () => now });
  for (const at of [0, 1_000, 59_000, 60_000]) {
    now = at;
    await expect(resolver.resolve("gone.example")).rejects.toMatchObject({ outcome: "dns_error", retry: "never" });
  }
  expect(asked).toHaveLength(2);
});

test("asks once more when the resolver could not say, then remembers that too", async () => {
  const { lookup, asked } = recording(() => Promise.reject(failure("ESERVFAIL")));
  const resolver = createNameResolver({ lookup });
  await expect(resolver.resolve("lame.example")).rejects.toMatchObject({ retry: "once" });
  for (let i = 0; i < 3; i++) await expect(resolver.resolve("lame.example")).rejects.toMatchObject({ retry: "never" });
  expect(asked).toHaveLength(2);
});

test("forgets a failure once the name resolves", async () => {
  const answers = [Promise.reject(failure("ETIMEOUT")), Promise.resolve(ANSWER)];
  const { lookup } = recording(() => answers.shift() ?? Promise.resolve(ANSWER));
  const resolver = createNameResolver({ lookup });
  await expect(resolver.resolve("slow.example")).rejects.toMatchObject({ outcome: "dns_error" });
  expect(await resolver.resolve("slow.example")).toEqual(ANSWER);
  expect(await resolver.resolve("slow.example")).toEqual(ANSWER);
});

test("asks one question for many who want the same name", async () => {
  const { lookup, asked } = recording(async () => ANSWER);
  const resolver = createNameResolver({ lookup });
  await Promise.all(Array.from({ length: 20 }, () => resolver.resolve("busy.example")));
  expect(asked).toEqual(["busy.example"]);
});

test("gives up on a resolver that never answers", async () => {
  const resolver = createNameResolver({ lookup: () => new Promise(() => {}), timeoutMs: 20 });
  await expect(resolver.resolve("silent.example")).rejects.toMatchObject({ outcome: "dns_error" });
});

test("takes an empty answer for a failure", async () => {
  const resolver = createNameResolver({ lookup: async () => [] });
  await expect(resolver.resolve("empty.example")).rejects.toMatchObject({ outcome: "dns_error", retry: "never" });
});

test("ends a thousand dead names in the time of a few", async () => {
  const { lookup } = recording(async () => {
    await sleep(100);
    throw failure("ENOTFOUND");
  });
  const resolver = createNameResolver({ lookup });
  const started = performance.now();
  const names = Array.from({ length: 1000 }, (_, i) => `dead-${i}.example`);
  const results = await Promise.allSettled(names.map((name) => resolver.resolve(name)));
  expect(results.every(({ status }) => status === "rejected")).toBe(true);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("knows localhost without asking anybody", async () => {
  const resolver = createNameResolver();
  expect(await resolver.resolve("localhost")).toEqual([{ address: "127.0.0.1", family: 4 }]);
  expect(await resolver.resolve("bears.localhost.")).toEqual([{ address: "127.0.0.1", family: 4 }]);
});

function recording(answer: Lookup): { lookup: Lookup; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    lookup: (hostname) => {
      asked.push(hostname);
      return answer(hostname);
    },
  };
}
