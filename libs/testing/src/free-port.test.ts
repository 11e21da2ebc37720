import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { findFreePort } from "./free-port.ts";

test("it is none that an outgoing connection may take before its service does", async () => {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "49152 65535");
  const [first = 0] = range.split(/\s+/).map(Number);
  for (let tries = 0; tries < 20; tries += 1) expect(await findFreePort()).toBeLessThan(first);
});

test("a port that was asked for is given, or refused when it is taken", async () => {
  const port = await findFreePort();
  expect(await findFreePort(port)).toBe(port);
  const server = createServer().listen(port, "127.0.0.1");
  await expect(findFreePort(port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  server.close();
});
