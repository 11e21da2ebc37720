// The errors a newcomer meets first: each is one sentence that says what to do, with an exit code, and never a stack.

import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { runCli, type Seen } from "./run-cli.ts";
import { startWorld } from "./world.ts";

function expectSentence(seen: Seen, exitCode: number, ...parts: (string | RegExp)[]): void {
  expect(seen.code, seen.err).toBe(exitCode);
  for (const part of parts) expect(seen.err).toMatch(part);
  expect(seen.err).not.toMatch(/\n\s+at /);
}

test("without a running Ursa, a command says how to start it", async () => {
  expectSentence(await runCli(["dataset", "list", "--url", "http://127.0.0.1:9"]), 3, "`ursa up`", "--url");
});

test("a taken port names the way out", async () => {
  await using folder = await createScratchFolder();
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.
  const seen = await runCli(["up", "--port", String(port), "--home", folder.path]);
  server.close();
  expectSentence(seen, 1, `Port ${port} is in use`, "--port");
});

test("a folder with one class cannot be learned from", async () => {
  await using folder = await createScratchFolder();
  await mkdir(join(folder.path, "black"));
  await writeFile(join(folder.path, "black", "1.jpg"), await drawBear("black", 1));
  expectSentence(await runCli(["demo", "--folder", folder.path]), 1, "at least two", "sub-folder");
});

test("a folder that is not there is named", async () => {
  expectSentence(await runCli(["demo", "--folder", "/no/such/folder"]), 1, "There is no folder /no/such/folder");
});

test("unknown commands and options show where help is", async () => {
  expectSentence(await runCli(["dataset", "creat"]), 2, "unknown command 'creat'", "--help");
  expectSentence(await runCli(["train", "ds_1", "--epoch", "3"]), 2, "unknown option '--epoch'");
});

test("a running Ursa explains what is wrong with lists, models and pictures", async () => {
  await using world = await startWorld();
  await using folder = await createScratchFolder();
  const at = (name: string) => join(folder.path, name);
  const ask = (...args: string[]) => runCli([...args, "--url", world.ursa.apiUrl]);
  await writeFile(at("urls_page.txt"), "<!DOCTYPE html><html><body>Not a list</body></html>");
  await writeFile(at("urls_one.txt"), "http://127.0.0.1/1.jpg\n");
  await writeFile(at("urls_two.txt"), "http://127.0.0.1/1.jpg\nhttp://127.0.0.1/2.jpg\n");
  await writeFile(at("urls_empty.txt"), "# nothing yet\n");
  await writeFile(at("torn.jpg"), (await drawBear("black", 1)).subarray(0, 4000));

  expectSentence(
    await ask("dataset", "create", at("urls_page.txt"), at("urls_two.txt")),
    1,
    "urls_page.txt",
    /list_is_html/,
  );
  expectSentence(await ask("dataset", "create", at("urls_two.txt")), 1, "two classes", /too_few_classes/);
  expectSentence(await ask("dataset", "create", at("urls_one.txt"), at("urls_two.txt")), 1, /too_few_pictures/);
  expectSentence(await ask("dataset", "create", at("urls_empty.txt"), at("urls_two.txt")), 1, /list_is_empty/);
  expectSentence(await ask("dataset", "create", at("nowhere.txt")), 2, "no file or folder");
  expectSentence(await ask("dataset", "show", "ds_00000000000000000000000000"), 1, /not_found/);
  expectSentence(await ask("dataset", "show", "nonsense"), 1, /ds_01J/);
  expectSentence(await ask("train", "ds_00000000000000000000000000"), 1, /not_found/);
  expectSentence(await ask("classify", at("torn.jpg")), 1, /no_default_model/);
  expectSentence(await ask("classify", at("torn.jpg"), "--model", "bears@production"), 1, /unknown_model/);
  expectSentence(await ask("classify", at("nowhere.jpg")), 2, "no picture");
});
