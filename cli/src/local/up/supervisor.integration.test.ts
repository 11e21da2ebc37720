// The supervisor with a real Redis and small stand-ins for the services: starting, outages, stopping, and what it says.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@ursa/testing/free-port";
import { isProcessAlive } from "@ursa/testing/is-process-alive";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import type { ServiceEntry } from "./service-table.ts";
import { startUrsa } from "./supervisor.ts";

test("every process is ready, knows its surroundings and ends with the rest", async () => {
  await using home = temporaryHome();
  const services = [
    fakeService(home.path, "api"),
    fakeService(home.path, "trainer", { env: { URSA_ROLE: "classify" } }),
  ];
  const ursa = await startUrsa({ home: home.path, port: 0, services, quiet: true, allowFetch: ["127.0.0.1:9000"] });
  expect(ursa.processes.map(({ name }) => name)).toEqual(["redis", "api", "trainer"]);
  const pids = ursa.processes.map(({ pid }) => pid ?? 0);
  const environment: Record<string, string> = JSON.parse(await (await fetch(`${ursa.apiUrl}/env`)).text());
  expect(environment).toMatchObject({
    URSA_HOST: "127.0.0.1",
    URSA_STORE_URL: `file://${home.path}/store`,
    URSA_FETCH_ALLOW: "127.0.0.1:9000",
    URSA_LOG_LEVEL: "info",
  });
  expect(environment.URSA_REDIS_URL).toMatch(/^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+$/);
  expect(pids.every(isProcessAlive)).toBe(true);
  await ursa.stop();
  expect(pids.some(isProcessAlive)).toBe(false);
  expect(readFileSync(join(home.path, "logs/api.log"), "utf8")).toContain("asked to stop");
});

test("a killed service and a killed Redis are started again", async () => {
  await using home = temporaryHome();
  await using ursa = await startUrsa({
    home: home.path,
    port: 0,
    services: [fakeService(home.path, "api")],
    quiet: true,
  });
  const before = ursa.processes;
  for (const { name } of before) ursa.kill(name, "SIGKILL");
  await waitUntil(() => ursa.processes.every(({ restarts, pid }) => restarts === 1 && pid), { what: "both restarts" });
  await ursa.waitUntilReady(10_000);
  expect(ursa.processes.map(({ pid }) => pid)).not.toEqual(before.map(({ pid }) => pid));
  expect(() => ursa.kill("nobody", "SIGTERM")).toThrow("there are redis, api");
});

test("a service that ends while starting is named, with the end of its log, and nothing is left", async () => {
  await using home = temporaryHome();
  const broken = fakeService(home.path, "trainer", {
    source: 'console.log("no engine for this CPU"); process.exit(3);',
  });
  const starting = startUrsa({
    home: home.path,
    port: 0,
    services: [fakeService(home.path, "api"), broken],
    quiet: true,
  });
  await expect(starting).rejects.toMatchObject({
    code: "service_failed",
    message: expect.stringMatching(
      /^trainer ended while starting\..*trainer\.log ends with:\nno engine for this CPU$/s,
    ),
  });
  await using again = await startUrsa({ home: home.path, port: 0, services: [], quiet: true });
  expect(again.processes).toHaveLength(1);
});

test("a service that never gets ready is named after the deadline", async () => {
  await using home = temporaryHome();
  const stuck = fakeService(home.path, "api", { source: "setInterval(() => {}, 1000);" });
  const starting = startUrsa({ home: home.path, port: 0, services: [stuck], quiet: true, readyTimeoutMs: 1_500 });
  await expect(starting).rejects.toMatchObject({ message: expect.stringContaining("api was not ready after 1.5 s.") });
});

test("a service that ignores being asked is killed after the grace, with what it started", async () => {
  await using home = temporaryHome();
  const stubborn = fakeService(home.path, "api", {
    source: `process.on("SIGTERM", () => {});
      const { spawn } = await import("node:child_process");
      console.log("child", spawn("sleep", ["600"]).pid);
      ${readySource}`,
  });
  const ursa = await startUrsa({ home: home.path, port: 0, services: [stubborn], quiet: true });
  const log = readFileSync(join(home.path, "logs/api.log"), "utf8");
  const grandchild = Number(/child (\d+)/.exec(log)?.[1]);
  expect(isProcessAlive(grandchild)).toBe(true);
  await ursa.stop(200);
  await waitUntil(() => !isProcessAlive(grandchild), { what: "the grandchild to end" });
});

test("a taken port is one sentence", async () => {
  await using home = temporaryHome();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await expect(startUrsa({ home: home.path, port, services: [] })).rejects.toMatchObject({
    code: "port_in_use",
    message: `Port ${port} is in use; stop that program or choose another with --port ${port + 1}.`,
  });
  other.close();
});

test("a second Ursa in the same folder is refused; when the first is killed, its children end and a third starts", async () => {
  await using home = temporaryHome();
  const source = `
    import { startUrsa } from "${import.meta.dirname}/supervisor.ts";
    const services = ${JSON.stringify([fakeService(home.path, "api")])};
    const ursa = await startUrsa({ home: "${home.path}", port: ${await findFreePort()}, services });
    console.log(JSON.stringify(ursa.processes.map((one) => one.pid)));`;
  const first = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pids: number[] = JSON.parse(String((await once(first.stdout, "data"))[0]));
  await expect(startUrsa({ home: home.path, port: 0, services: [] })).rejects.toMatchObject({
    code: "already_running",
    message: expect.stringMatching(/^Ursa already runs in .* \(http:\/\/127\.0\.0\.1:\d+, process \d+\); stop it or/),
  });
  first.kill("SIGKILL");
  await waitUntil(() => !pids.some(isProcessAlive), { what: "the children of a killed supervisor to end" });
  await using third = await startUrsa({ home: home.path, port: 0, services: [], quiet: true });
  expect(third.processes).toHaveLength(1);
});

test("peak memory is known for every process", async () => {
  await using home = temporaryHome();
  const services = [fakeService(home.path, "api")];
  await using ursa = await startUrsa({ home: home.path, port: 0, services, quiet: true });
  await waitUntil(() => (ursa.peakRssMb().byProcess.api ?? 0) > 20, { what: "a sample of the api" });
  const { total, byProcess } = ursa.peakRssMb();
  expect(Object.keys(byProcess)).toEqual(["redis", "api", "supervisor"]);
  expect(total).toBeGreaterThan(byProcess.api ?? 0);
});

const readySource = `
  const { createServer } = await import("node:http");
  const ursaOnly = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("URSA_")));
  createServer((request, response) => response.end(JSON.stringify(ursaOnly))).listen(process.env.URSA_PORT, "127.0.0.1");`;

const politeSource = `${readySource}
  process.on("SIGTERM", () => { console.log("asked to stop"); process.exit(0); });`;

type FakeOptions = { source?: string; env?: Record<string, string> };

function fakeService(dir: string, name: string, { source = politeSource, env = {} }: FakeOptions = {}): ServiceEntry {
  const main = join(dir, `${name}.mjs`);
  writeFileSync(main, source);
  return { name, main, env };
}

function temporaryHome() {
  const path = mkdtempSync(join(tmpdir(), "ursa-home-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
