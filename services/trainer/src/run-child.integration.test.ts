import { spawn } from "node:child_process";
import { once } from "node:events";
import { isProcessAlive } from "@ursa/testing/is-process-alive";
import { expect, test } from "vitest";
import type { ChildMessage } from "./child-messages.ts";
import { ChildFault, runChild } from "./run-child.ts";

const ENTRY = new URL("./run-child.fixture.ts", import.meta.url);
const LIMITS = { silentMs: 30_000, stuckMs: 30_000, maxRssBytes: 4e9, stopGraceMs: 10_000 };

function run(behaviour: string, options: Partial<Parameters<typeof runChild>[0]> = {}) {
  const seen: ChildMessage[] = [];
  const { promise: started, resolve } = Promise.withResolvers<number>();
  const start = {
    owner: { namespace: "default", id: "mdl_01J00000000000000000000000" },
    fence: 1,
    workDir: `/tmp/${behaviour}`,
    engine: "compiled" as const,
  };
  const never = new AbortController().signal;
  const ended = runChild({
    entry: ENTRY,
    start,
    limits: LIMITS,
    stop: never,
    kill: never,
    async onMessage(message) {
      if (message.type === "log" && message.message.startsWith("pid ")) resolve(Number(message.message.slice(4)));
      else if (message.type !== "alive") seen.push(message);
    },
    ...options,
  });
  // Whoever awaits `started` also learns of a child that never started.
  ended.catch(() => resolve(Number.NaN));
  return { ended, seen, started };
}

test("messages arrive in order and the run ends when the child does", async () => {
  const { ended, seen } = run("finishes");
  await ended;
  expect(seen).toEqual([
    { type: "log", message: "one" },
    { type: "log", message: "two" },
  ]);
});

test("the child goes on only when an epoch has been committed", async () => {
  const order: string[] = [];
  const { ended } = run("commits", {
    async onMessage(message) {
      if (message.type === "epoch") await new Promise((resolve) => setTimeout(resolve, 200));
      if (message.type === "epoch") order.push("committed");
      if (message.type === "log" && message.message.startsWith("after")) order.push("went on");
    },
  });
  await ended;
  expect(order).toEqual(["committed", "went on"]);
});

test("a commit that is refused kills the child and is what the caller sees", async () => {
  const lost = new Error("fence lost");
  const { ended } = run("commits", {
    onMessage: async (message) => {
      if (message.type === "epoch") throw lost;
    },
  });
  await expect(ended).rejects.toBe(lost);
});

test("a child whose event loop hangs is killed", async () => {
  const { ended, started } = run("hangs", { limits: { ...LIMITS, silentMs: 3000 } });
  const pid = await started;
  await expect(ended).rejects.toMatchObject({ fault: "silent", code: "worker_failed" });
  expect(isProcessAlive(pid)).toBe(false);
});

test("a child that is alive but stands still is killed", async () => {
  const { ended } = run("stands", { limits: { ...LIMITS, stuckMs: 3000 } });
  await expect(ended).rejects.toMatchObject({ fault: "stuck" });
});

test("a child that dies is an error that says how", async () => {
  await expect(run("dies").ended).rejects.toThrow(/ended with SIGKILL/);
});

test("a child that leaks is killed before it takes the machine's memory", async () => {
  const { ended } = run("leaks", { limits: { ...LIMITS, maxRssBytes: 400 * 2 ** 20 } });
  await expect(ended).rejects.toMatchObject({ fault: "memory" });
});

test("a child that is told to stop ends in its own time, and that is no error", async () => {
  const stop = new AbortController();
  const { ended, started } = run("obeys", { stop: stop.signal });
  await started;
  stop.abort();
  await ended;
});

test("a child that ignores stop is killed after its grace", async () => {
  const stop = new AbortController();
  const { ended, started } = run("ignores", { stop: stop.signal, limits: { ...LIMITS, stopGraceMs: 500 } });
  await started;
  stop.abort();
  await expect(ended).rejects.toMatchObject({ fault: "deaf" });
});

test("a cancelled run kills its child at once", async () => {
  const kill = new AbortController();
  const { ended, started } = run("hangs", { kill: kill.signal });
  const pid = await started;
  const cancelled = new Error("cancelled");
  kill.abort(cancelled);
  await expect(ended).rejects.toBe(cancelled);
  expect(isProcessAlive(pid)).toBe(false);
});

test("a message that is not one of ours ends the run", async () => {
  await expect(run("babbles").ended).rejects.toThrow(/Invalid/);
});

test("the child ends when its trainer is killed", async () => {
  const script = `
    import { runChild } from ${JSON.stringify(new URL("./run-child.ts", import.meta.url).href)};
    const never = new AbortController().signal;
    await runChild({
      entry: new URL(${JSON.stringify(ENTRY.href)}),
      start: { owner: { namespace: "default", id: "mdl_01J00000000000000000000000" }, fence: 1, workDir: "/tmp/stands", engine: "compiled" },
      limits: ${JSON.stringify(LIMITS)}, stop: never, kill: never,
      async onMessage(message) { if (message.type === "log") console.log(message.message); },
    });`;
  const trainer = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(trainer.stdout, "data");
  const pid = Number(String(line).trim().slice(4));
  expect(isProcessAlive(pid)).toBe(true);
  trainer.kill("SIGKILL");
  await expect.poll(() => isProcessAlive(pid), { timeout: 10_000 }).toBe(false);
});

test("what a fault says is a problem of the catalogue", () => {
  expect(new ChildFault("died", "why").toBody()).toMatchObject({ code: "worker_failed", detail: "why", status: 500 });
});
