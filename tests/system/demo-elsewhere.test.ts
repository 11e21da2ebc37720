// The demo through an Ursa that runs already, with keys, and a gallery that is a service of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createClient } from "@ursa/contracts/client";
import { findFreePort } from "@ursa/testing/free-port";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { startUrsa } from "../../cli/src/local/up/supervisor.ts";
import { runCli } from "./run-cli.ts";

const CLI = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));
const ADMIN_KEY = "0123456789abcdef0123456789abcdef";

async function startGalleryService() {
  const port = await findFreePort();
  const args = [CLI, "gallery", "--port", String(port)];
  // A container has no standard input either.
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (chunk) => {
    told += chunk;
  });
  await waitUntil(() => told.includes("Serving 52 black"), { what: "the gallery", timeoutMs: 60_000 });
  const close = async () => {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    return code;
  };
  return { address: `127.0.0.1:${port}`, close };
}

test("every count is as planted, with a key, and it refuses without one", async () => {
  await using home = await createScratchFolder();
  const gallery = await startGalleryService();
  await using ursa = await startUrsa({
    ...{ home: home.path, port: 0, allowFetch: [gallery.address], quiet: true },
    env: { URSA_FETCH_TIMEOUT_S: "5", URSA_ADMIN_KEY: ADMIN_KEY },
  });
  const admin = createClient({ baseUrl: ursa.apiUrl, key: ADMIN_KEY });
  const { token } = await admin.call("createKey", { body: { name: "demo", scopes: ["write"], namespace: "visitor" } });
  const place = ["--gallery", `http://${gallery.address}`];
  const args = ["--api", ursa.apiUrl, "demo", "--recipe", "quick", "--json", ...place];

  const strange = await runCli(args);
  expect(strange.code).toBe(1);
  expect(strange.out).toContain("[key_missing]");

  const { code, out, err } = await runCli(args, { URSA_KEY: token });
  expect(code, err).toBe(0);
  const report = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  expect(report).toMatchObject({
    ok: true,
    listed: { black: 52, grizzly: 52, teddy: 52 },
    outcomes: { ok: 129, timeout: 3 },
  });
  // They belong to others.
  expect(report).not.toHaveProperty("peakRssMb");
  const visitor = createClient({ baseUrl: ursa.apiUrl, key: token });
  expect((await visitor.call("listModels", {})).items).toHaveLength(1);
  expect((await admin.call("listModels", {})).items).toEqual([]);
  expect(await gallery.close()).toBe(0);
});

test.each([
  [["--api", "http://127.0.0.1:1", "demo"], "--api the demo needs --gallery"],
  [["demo", "--gallery", "nowhere"], "expected a URL"],
  [["demo", "--gallery", "http://gallery:8090", "--keep"], "starts none"],
])("%j is wrong usage", async (args, sentence) => {
  const { code, err } = await runCli(args);
  expect(code).toBe(2);
  expect(err).toContain(sentence);
});
