import { expect, test, vi } from "vitest";
import { replicasOf } from "./replicas.ts";

const v4 = (...addresses: string[]) => addresses.map((address) => ({ address, family: 4 }));
const hostsOf = (urls: URL[]) => urls.map(({ host }) => host);

test("each replica has its turn, however DNS orders them, and the others are named behind it", async () => {
  const answers = [v4("10.0.0.1", "10.0.0.2", "10.0.0.3")];
  const replicas = replicasOf("http://inferer:8083", async () => answers[0]?.toReversed() ?? []);
  expect(hostsOf(await replicas())).toEqual(["10.0.0.1:8083", "10.0.0.2:8083", "10.0.0.3:8083"]);
  expect(hostsOf(await replicas())).toEqual(["10.0.0.2:8083", "10.0.0.3:8083", "10.0.0.1:8083"]);
  expect(hostsOf(await replicas())).toEqual(["10.0.0.3:8083", "10.0.0.1:8083", "10.0.0.2:8083"]);
  expect(hostsOf(await replicas())[0]).toBe("10.0.0.1:8083");
});

test("a list is asked for once however many wait for it, and again when it is old", async ({ onTestFinished }) => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  let asked = 0;
  const replicas = replicasOf("http://inferer:8083", async () => {
    asked++;
    return v4("10.0.0.1", asked === 1 ? "10.0.0.2" : "10.0.0.9");
  });
  await Promise.all([replicas(), replicas(), replicas()]);
  expect(asked).toBe(1);
  vi.advanceTimersByTime(2001);
  expect(hostsOf(await replicas()).toSorted()).toEqual(["10.0.0.1:8083", "10.0.0.9:8083"]);
  expect(asked).toBe(2);
});

test("IPv6 addresses are written as URLs write them", async () => {
  const both = [...v4("10.0.0.1"), { address: "fd00::1", family: 6 }];
  expect(hostsOf(await replicasOf("http://inferer:8083/", async () => both)())).toEqual([
    "10.0.0.1:8083",
    "[fd00::1]:8083",
  ]);
});

test.each([
  ["one address", "http://inferer:8083", async () => v4("10.0.0.1")],
  ["a name that cannot be resolved", "http://inferer:8083", async () => Promise.reject(new Error("ENOTFOUND"))],
  ["TLS", "https://inferer:8083", async () => v4("10.0.0.1", "10.0.0.2")],
])("%s leaves the name as it is", async (_, base, lookup) => {
  expect(hostsOf(await replicasOf(base, lookup)())).toEqual(["inferer:8083"]);
});
