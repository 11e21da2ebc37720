// `ursa status` against an API whose Redis is gone: it says so, shows what the store knows, and exits with 1.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { exitCodeOf } from "../failure.ts";
import { createProgram } from "../program.ts";

type Answer = { status: number; body: unknown };
const alias = {
  name: "bears@production",
  namespace: "default",
  model: "mdl_00000000000000000000000000",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  default: true,
};
const queue = { queue: "train", waiting: 2, active: 1, delayed: 0, failed: 0, oldestSeconds: 7300, paused: true };
const workers = [
  { host: "a", version: "0.1.0" },
  { host: "b", version: "0.2.0" },
];
const healthy: Record<string, Answer> = {
  "/readyz": { status: 200, body: { status: "ok", checks: { store: "ok", redis: "ok" } } },
  "/v1/datasets": { status: 200, body: { items: [] } },
  "/v1/models": { status: 200, body: { items: [] } },
  "/v1/predictions": { status: 200, body: { items: [] } },
  "/v1/sweeps": { status: 200, body: { items: [] } },
  "/v1/evaluations": { status: 200, body: { items: [] } },
  "/v1/inspections": { status: 200, body: { items: [] } },
  "/v1/regressions": { status: 200, body: { items: [] } },
  "/v1/operations/status": { status: 200, body: { version: "0.1.0", queues: [{ ...queue, workers }] } },
  "/v1/aliases": { status: 200, body: { items: [alias] } },
};
const problem = (code: string, detail: string) => ({ type: `/docs#${code}`, title: "x", status: 503, code, detail });

async function statusOf(answers: Record<string, Answer>, ...options: string[]) {
  const server = createServer((request, response) => {
    const { status, body } = answers[request.url?.split("?")[0] ?? ""] ?? { status: 404, body: {} };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  let out = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  process.exitCode = 0;
  await createProgram().parseAsync(["status", "--url", `http://127.0.0.1:${port}`, ...options], { from: "user" });
  write.mockRestore();
  const code = process.exitCode;
  process.exitCode = 0;
  server.close();
  return { out, code };
}

test("all is well: exit code 0", async () => {
  const { out, code } = await statusOf(healthy);
  expect(out).toContain("API ok (store ok, redis ok)\nbears@production is mdl_00000000000000000000000000 (default)\n");
  expect(code).toBe(0);
});

test("queues: what waits and for how long, and which versions work on it", async () => {
  const { out } = await statusOf(healthy);
  expect(out).toMatch(/\ntrain +2 +1 +0 +0 +2 h +1 of 0\.1\.0, 1 of 0\.2\.0 +PAUSED\n/);
});

test("a key that may not see the queues still sees its own records, and nothing is wrong", async () => {
  const body = { ...problem("scope_missing", "This needs a key with the scope operate."), status: 403 };
  const { out, code } = await statusOf({ ...healthy, "/v1/operations/status": { status: 403, body } });
  expect(out).toContain("The queues cannot be seen: This needs a key with the scope operate. [scope_missing]\n");
  expect(code).toBe(0);
});

test("not ready: what the API says, what the store knows, exit code 1", async () => {
  const health = { status: "unavailable", checks: { store: "ok", redis: "no answer within 1000 ms" } };
  const { out, code } = await statusOf({ ...healthy, "/readyz": { status: 503, body: health } });
  expect(out).toContain("API NOT READY (store ok)\n  redis: no answer within 1000 ms\n");
  expect(out).toContain("bears@production is mdl_00000000000000000000000000 (default)");
  expect(code).toBe(1);
});

test("a list that cannot be read does not hide the others, also as JSON", async () => {
  const body = problem("queue_unavailable", "Redis cannot be reached.");
  const answers = { ...healthy, "/v1/models": { status: 503, body } };
  const { out, code } = await statusOf(answers);
  expect(out).toContain("models cannot be read: Redis cannot be reached. [queue_unavailable]");
  expect(out).toContain("bears@production");
  expect(code).toBe(1);
  const json = JSON.parse((await statusOf(answers, "--json")).out);
  expect(Object.keys(json)).toEqual([
    "ready",
    "version",
    "queues",
    "datasets",
    "sweeps",
    "predictions",
    "evaluations",
    "inspections",
    "regressions",
    "aliases",
  ]);
});

test("an API that is not there is exit code 3", async () => {
  const asked = createProgram().parseAsync(["status", "--url", "http://127.0.0.1:9"], { from: "user" });
  expect(exitCodeOf(await asked.catch((error) => error))).toBe(3);
});

test("whoever watches is not thrown out while the API is away", async () => {
  const interrupt = vi.spyOn(process, "once");
  let out = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  const watching = createProgram().parseAsync(["status", "--watch", "--url", "http://127.0.0.1:9"], { from: "user" });
  let hasEnded = false;
  void watching.catch(() => {}).finally(() => (hasEnded = true));
  await vi.waitUntil(() => out.split("The API cannot be reached").length > 2, { timeout: 20_000 });
  expect(hasEnded).toBe(false);
  // Else this process would end; nothing that it returns is used.
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  const [, onInterrupt] = interrupt.mock.calls.findLast(([event]) => event === "SIGINT") ?? [];
  onInterrupt?.();
  await vi.waitUntil(() => hasEnded);
  for (const spy of [write, exit, interrupt]) spy.mockRestore();
  process.exitCode = 0;
});
