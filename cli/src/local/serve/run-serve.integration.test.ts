// `ursa serve` as a person meets it: what it says, that it answers, how it stops, and what it says when it cannot start.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportedModel } from "@ursa/classifier/exchange/exported-model.fixture";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../main.ts", import.meta.url));

function ursaServe(...args: string[]) {
  const child = spawn(process.execPath, [CLI, ...args]);
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  const closed = once(child, "close");
  return {
    said,
    stop: () => child.kill("SIGINT"),
    exitCode: async (): Promise<number | null> => (await closed)[0],
    async url(): Promise<string> {
      const find = () => /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)?.[0];
      return (await waitUntil(find, { what: "the greeting", timeoutMs: 60_000 })) ?? "";
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

test("an exported model is served until Ctrl+C, and a second one on its port is told so", async () => {
  await using scratch = await createScratchFolder();
  for (const { name, bytes } of await exportedModel([...BEAR_KINDS])) await writeFile(join(scratch.path, name), bytes);
  await using serve = ursaServe("serve", scratch.path, "--port", "0", "--threads", "1");
  const url = await serve.url();
  await waitUntil(() => serve.said.out.includes("Ctrl+C stops it."), { what: "all of the greeting" });
  expect(serve.said.out).toMatch(
    /^mdl_\w{26} runs at http.*\n {2}black, grizzly, teddy; stage-1, 64 x 64 pixels, \d+\.\d MB\n/,
  );
  const body = Uint8Array.from(await drawBear("grizzly", 1));
  const answer = await (await fetch(`${url}/v1/classify`, { method: "POST", body })).json();
  expect(answer).toMatchObject({ class: expect.stringMatching(/black|grizzly|teddy/) });
  await using second = ursaServe("serve", scratch.path, "--port", new URL(url).port);
  expect(await second.exitCode()).toBe(1);
  expect(second.said.err).toMatch(
    /^Port \d+ of 127\.0\.0\.1 is taken by another process: stop it, or set --port to a free port\.\n$/,
  );
  serve.stop();
  expect(await serve.exitCode()).toBe(0);
  expect(serve.said.err).toBe("Stopped.\n");
});

test("with --json the greeting is an object", async () => {
  await using scratch = await createScratchFolder();
  for (const { name, bytes } of await exportedModel([...BEAR_KINDS])) await writeFile(join(scratch.path, name), bytes);
  await using serve = ursaServe("serve", scratch.path, "--port", "0", "--json");
  const url = await serve.url();
  await waitUntil(() => serve.said.out.endsWith("\n"), { what: "the whole line" });
  expect(JSON.parse(serve.said.out)).toMatchObject({ url, classes: [...BEAR_KINDS], stage: "stage-1", size: 64 });
});

test("a wrong path is one sentence, without a stack", async () => {
  await using serve = ursaServe("serve", "/nowhere/bears");
  expect(await serve.exitCode()).toBe(1);
  expect(serve.said.err).toBe("There is no folder /nowhere/bears: name the folder that `ursa model export` wrote.\n");
});
