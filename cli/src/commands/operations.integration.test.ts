// `ursa gc` reads a stream: what it tells is shown, and an end that never came is no success. And `ursa restore` reads a file.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { GarbageEvent } from "@ursa/contracts/operations";
import { expect, test, vi } from "vitest";
import { exitCodeOf, explain } from "../failure.ts";
import { createProgram } from "../program.ts";

const uploads = {
  kind: "uploads",
  namespace: "default",
  objects: 2,
  bytes: 2e6,
  examples: ["ns/default/uploads/a.txt"],
};
const pictures = { ...uploads, kind: "pictures", objects: 0, bytes: 0, skipped: "Pictures are still being fetched." };

async function gc(events: unknown[], ...options: string[]) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(events.map((data) => `data: ${JSON.stringify(data)}\n\n`).join(""));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  let out = "";
  const print = (text: string | Uint8Array) => {
    out += text;
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation(print));
  const asked = createProgram().parseAsync(["gc", "--url", `http://127.0.0.1:${port}`, ...options], { from: "user" });
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  for (const spy of spies) spy.mockRestore();
  server.close();
  return { out, error };
}

test("what was found, what was skipped and why", async () => {
  const done: GarbageEvent = { type: "done", dryRun: false };
  const found = [uploads, pictures].map((garbage) => ({ type: "found", garbage }));
  const { out, error } = await gc([...found, done], "--yes");
  expect(error).toBeUndefined();
  expect(out).toMatch(/\nuploads +default +2 +[\d.]+ MB +ns\/default\/uploads\/a\.txt\n/);
  expect(out).toContain("pictures of default were left alone: Pictures are still being fetched.");
});

test("a stream that breaks off shows what it told, and fails", async () => {
  const { out, error } = await gc([{ type: "found", garbage: uploads }]);
  expect(out).toContain("ns/default/uploads/a.txt");
  expect(explain(error)).toContain("cut short");
  expect(exitCodeOf(error)).toBe(1);
});

test("an age that is too low is a fault of the option, before anything is asked", async () => {
  const { out, error } = await gc([], "--older-than", "10m");
  expect(out).toContain("option '--older-than <age>' argument '10m' is invalid. at least 1h");
  expect(exitCodeOf(error)).toBe(2);
});

test("a backup that is not there is said by its name", async () => {
  const asked = createProgram().parseAsync(["restore", "/nowhere/b.jsonl"], { from: "user" });
  const error: unknown = await asked.catch((reason: unknown) => reason);
  expect(explain(error)).toBe("/nowhere/b.jsonl cannot be read; give the file that `ursa backup` wrote.");
});
