// The life of a service, seen from outside: signals in, log lines and exit codes out.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";

const FIXTURE = fileURLToPath(new URL("run-service.fixture.ts", import.meta.url));
const lineSchema = z.looseObject({ level: z.string(), msg: z.string().optional() });
type Line = z.infer<typeof lineSchema>;

/** Starts the fixture; `until` resolves when it has logged that message. */
function start(behaviour: string, options: { ipc?: boolean } = {}) {
  const ipc = options.ipc ? (["ipc"] as const) : [];
  const child: ChildProcessByStdio<null, Readable, null> = spawn(process.execPath, [FIXTURE, behaviour], {
    // The types know three streams; a channel beside them does not change what those are.
    stdio: ["ignore", "pipe", "inherit", ...ipc] as unknown as ["ignore", "pipe", "inherit"],
  });
  const output = createInterface(child.stdout);
  const lines: Line[] = [];
  const waiting = new Map<string, () => void>();
  output.on("line", (text) => {
    const line = lineSchema.parse(JSON.parse(text));
    lines.push(line);
    waiting.get(line.msg ?? "")?.();
  });
  const until = (message: string) => new Promise<void>((resolve) => waiting.set(message, resolve));
  // Not "close": a child whose channel was disconnected never emits it.
  const exited = Promise.all([once(child, "exit"), once(output, "close")]).then(([[code]]) => code as number | null);
  return { child, lines, until, exited, messages: () => lines.map(({ msg }) => msg) };
}

const STOPPED = ["running", "stopping", "closing second", "closing first", "stopped"];

test.each(["SIGTERM", "SIGINT"] as const)("%s closes what was opened, last first, and exits 0", async (signal) => {
  const service = start("live");
  await service.until("running");
  service.child.kill(signal);
  expect(await service.exited).toBe(0);
  expect(service.messages()).toEqual(STOPPED);
});

test("a parent that goes away stops its child", async () => {
  const service = start("live", { ipc: true });
  await service.until("running");
  service.child.disconnect();
  expect(await service.exited).toBe(0);
  expect(service.lines[1]).toMatchObject({ msg: "stopping", why: "disconnect" });
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("a second %s exits at once with %i", async (signal, code) => {
  const service = start("close-hangs");
  await service.until("running");
  service.child.kill(signal);
  await service.until("closing hanging");
  service.child.kill(signal);
  expect(await service.exited).toBe(code);
});

test("another signal is not a second one: Ctrl-C reaches the group, and then the supervisor stops its children", async () => {
  const service = start("live");
  await service.until("running");
  service.child.kill("SIGINT");
  service.child.kill("SIGTERM");
  expect(await service.exited).toBe(0);
  expect(service.messages()).toEqual(STOPPED);
});

test("what does not close in time is named, and the exit code says that it was not clean", async () => {
  const service = start("close-hangs");
  await service.until("running");
  service.child.kill("SIGTERM");
  expect(await service.exited).toBe(1);
  expect(service.lines.at(-1)).toMatchObject({ level: "fatal", open: ["first", "second", "hanging"] });
});

test("one thing that fails to close does not keep the others open", async () => {
  const service = start("close-fails");
  await service.until("running");
  service.child.kill("SIGTERM");
  expect(await service.exited).toBe(1);
  expect(service.messages()).toEqual([
    "running",
    "stopping",
    "closing second",
    "closing failed",
    "closing first",
    "stopped",
  ]);
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s during startup aborts it, closes what was open, and exits %i", async (signal, code) => {
  const service = start("slow-start");
  await service.until("starting");
  service.child.kill(signal);
  expect(await service.exited).toBe(code);
  const message = "stopping before startup is complete";
  expect(service.messages()).toEqual(["starting", message, "closing second", "closing first", "stopped"]);
});

test("a startup that does not listen is ended by the deadline", async () => {
  const service = start("deaf-start");
  await service.until("starting");
  service.child.kill("SIGTERM");
  expect(await service.exited).toBe(1);
  expect(service.messages().at(-1)).toBe("did not stop in time");
});

test.each([
  ["startup-error", "cannot start: Port 80 is taken."],
  ["problem", "cannot start: Install the weights."],
])("%s: what a person can mend is one sentence, and the exit code is 1", async (behaviour, message) => {
  const service = start(behaviour);
  expect(await service.exited).toBe(1);
  const [line] = service.lines;
  expect(line).toMatchObject({ level: "fatal", msg: message });
  expect(line).not.toHaveProperty("err");
  expect(service.messages().slice(1)).toEqual(["closing second", "closing first", "stopped"]);
});

test("every fault of the configuration is in the one line", async () => {
  const service = start("config");
  expect(await service.exited).toBe(1);
  expect(service.lines[0]?.msg).toMatch(/URSA_PORT: .*\n.*URSA_LOG_LEVEL: /);
});

test("a fault of ours has its stack", async () => {
  const service = start("bug");
  expect(await service.exited).toBe(1);
  expect(service.lines[0]).toMatchObject({ msg: "cannot start", err: { stack: expect.stringContaining("TypeError") } });
});

test.each([
  ["rejection", "unhandled rejection"],
  ["exception", "uncaught exception"],
])("an %s that nobody caught is logged and ends the process", async (behaviour, message) => {
  const service = start(behaviour);
  expect(await service.exited).toBe(1);
  expect(service.lines.at(-1)).toMatchObject({ level: "fatal", msg: message, err: { stack: expect.any(String) } });
});
