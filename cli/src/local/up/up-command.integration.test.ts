// `ursa up` as a person meets it: what it prints, and what one and two Ctrl+C do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";

test("it tells where Ursa is, and the same Ctrl+C arriving twice still stops it in order", async () => {
  await using up = startUp({ onSigterm: 'setTimeout(() => { console.log("drained"); process.exit(0); }, 300)' });
  await waitUntil(() => up.output().includes("Ctrl+C stops it"), { what: "the greeting" });
  expect(up.output()).toMatch(
    /^Ursa runs at http:\/\/127\.0\.0\.1:\d+ \(started in \d+\.\d s\)\.\nData and logs lie in \//,
  );
  up.child.kill("SIGINT");
  await delay(50); // npm and the terminal hand on one keystroke within milliseconds
  up.child.kill("SIGINT");
  expect(await once(up.child, "exit")).toEqual([0, null]);
  expect(up.output()).toMatch(/Stopping \.\.\.\nStopped\. Everything is kept in /);
});

test("a second Ctrl+C, later, ends what does not want to end", async () => {
  await using up = startUp({ onSigterm: "" });
  await waitUntil(() => up.output().includes("Ctrl+C stops it"), { what: "the greeting" });
  up.child.kill("SIGINT");
  await delay(1_100); // a person who lost patience, not the same keystroke
  expect(up.child.exitCode).toBe(null);
  up.child.kill("SIGINT");
  expect(await once(up.child, "exit")).toEqual([0, null]);
});

test("a second one in the same folder fails with a sentence", async () => {
  await using up = startUp({ onSigterm: "process.exit(0)" });
  await waitUntil(() => up.output().includes("Ctrl+C stops it"), { what: "the greeting" });
  await using second = startUp({ onSigterm: "process.exit(0)", home: up.home });
  expect(await once(second.child, "exit")).toEqual([1, null]);
  expect(second.output()).toMatch(/Error: Ursa already runs in .*; stop it or choose another folder with --home\.\n/);
});

function startUp({ onSigterm, home = mkdtempSync(join(tmpdir(), "ursa-up-")) }: { onSigterm: string; home?: string }) {
  const main = join(home, "api.mjs");
  writeFileSync(
    main,
    `import { createServer } from "node:http";
    createServer((request, response) => response.end("ok")).listen(process.env.URSA_PORT, "127.0.0.1");
    process.on("SIGTERM", () => { ${onSigterm} });`,
  );
  const options = JSON.stringify({ home, port: 0, services: [{ name: "api", main }] });
  const source = `import { runUp } from "${import.meta.dirname}/up-command.ts"; await runUp(${options});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  return {
    child,
    home,
    output: () => text,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await waitUntil(() => child.exitCode !== null || child.signalCode !== null, { what: "ursa up to end" });
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
