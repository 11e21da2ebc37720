// One supervised process at the moment where starting and stopping meet.
import { spawn } from "node:child_process";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test, vi } from "vitest";
import { superviseProcess } from "./supervised-process.ts";

const log = {
  path: "svc.log",
  withDescriptor: <T>(use: (descriptor: number) => T) => use(2),
  tail: () => "",
  trim() {},
};

function supervise(isReady: () => Promise<boolean>) {
  const started = vi.fn(() => spawn("sleep", ["60"], { stdio: "ignore", detached: true }));
  const say = vi.fn();
  return { started, say, process: superviseProcess({ name: "svc", log, say, spawn: started, isReady }) };
}

test("stopped while it is starting, it stays stopped although it turns out ready", async () => {
  const { promise: answer, resolve: onReady } = Promise.withResolvers<boolean>();
  const isAsked = vi.fn(() => answer);
  const { process: one, started, say } = supervise(isAsked);
  const starting = one.start({ timeoutMs: 5000, signal: undefined });
  const refused = expect(starting).rejects.toMatchObject({ code: "service_failed" });
  await waitUntil(() => isAsked.mock.calls.length > 0, { what: "the process to be asked" });
  const stopping = one.stop(5000);
  onReady(true);
  await refused;
  await stopping;
  // A process that is to be started again is announced when it ends.
  expect(say).not.toHaveBeenCalled();
  expect(one.pid()).toBeUndefined();
  await expect(one.start({ timeoutMs: 5000, signal: undefined })).rejects.toThrow(
    "svc was stopped before it was ready.",
  );
  expect(started).toHaveBeenCalledTimes(1);
});
