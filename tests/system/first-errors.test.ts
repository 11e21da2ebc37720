// The errors a newcomer meets first: each is one sentence that says what to do, with an exit code, and never a stack.

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { runMainJob } from "../../cli/src/local/demo/main-job.ts";
import { runCli, type Seen } from "./run-cli.ts";
import { startWorld } from "./world.ts";

function expectSentence(seen: Seen, exitCode: number, ...parts: (string | RegExp)[]): void {
  expect(seen.code, seen.err).toBe(exitCode);
  for (const part of parts) {
    if (typeof part === "string") expect(seen.err).toContain(part);
    else expect(seen.err).toMatch(part);
  }
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

/** Hides every Redis of this machine, wherever it lies, and apt-get with it. */
const WITHOUT_REDIS = {
  PATH: "/nonexistent",
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`
    import { promises } from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const { access } = promises;
    promises.access = (path, mode) => /(redis|valkey)-server$/.test(path) ? Promise.reject(new Error("hidden")) : access(path, mode);
    syncBuiltinESMExports();
  `)}`,
};

test("without Redis, what to type is said for each system", async () => {
  await using folder = await createScratchFolder();
  const seen = await runCli(["up", "--port", "0", "--home", folder.path], WITHOUT_REDIS);
  expectSentence(seen, 1, "needs Redis", "sudo apt-get install redis-server", "dnf install", "brew install redis");
});

test("a folder with one class cannot be learned from", async () => {
  await using folder = await createScratchFolder();
  await mkdir(join(folder.path, "black"));
  await writeFile(join(folder.path, "black", "1.jpg"), await drawBear("black", 1));
  expectSentence(
    await runCli(["demo", "--folder", folder.path]),
    1,
    "1 sub-folder",
    "make at least two, one per class",
  );
});

test("a folder that is not there is named", async () => {
  expectSentence(await runCli(["demo", "--folder", "/no/such/folder"]), 1, "There is no folder /no/such/folder");
});

test("unknown commands and options show where help is", async () => {
  expectSentence(await runCli(["dataset", "creat"]), 2, "unknown command 'creat'", "--help");
  expectSentence(await runCli(["train", "ds_1", "--epoch", "3"]), 2, "unknown option '--epoch'");
});

test("a running Ursa explains what is wrong with lists", async () => {
  await using world = await startWorld();
  await using folder = await createScratchFolder();
  const at = (name: string) => join(folder.path, name);
  const ask = (...args: string[]) => runCli([...args, "--url", world.ursa.apiUrl]);
  await writeFile(at("urls_page.txt"), "<!DOCTYPE html><html><body>Not a list</body></html>");
  await writeFile(at("urls_one.txt"), "http://127.0.0.1/1.jpg\n");
  await writeFile(at("urls_two.txt"), "http://127.0.0.1/1.jpg\nhttp://127.0.0.1/2.jpg\n");
  await writeFile(at("urls_empty.txt"), "# nothing yet\n");
  const create = (...names: string[]) => ask("dataset", "create", ...names.map(at));

  const page = await create("urls_page.txt", "urls_two.txt");
  expectSentence(page, 1, `${at("urls_page.txt")} is a web page`, "save the addresses, one per line", /list_is_html/);
  const oneClass = await create("urls_two.txt");
  expectSentence(oneClass, 1, "at least two classes", "add a list for another class", /too_few_classes/);
  const onePicture = await create("urls_one.txt", "urls_two.txt");
  expectSentence(onePicture, 1, '"one"', "add URLs", /too_few_pictures/);
  const empty = await create("urls_empty.txt", "urls_two.txt");
  expectSentence(empty, 1, "urls_empty.txt has no URLs", "one per line", /list_is_empty/);
  expectSentence(await create("nowhere.txt"), 2, "There is no file or folder");
  const missing = await ask("dataset", "show", "ds_00000000000000000000000000");
  expectSentence(missing, 1, "`ursa dataset list`", /not_found/);
  const nonsense = await ask("dataset", "show", "nonsense");
  expectSentence(nonsense, 1, "ds_01J");
  expect(nonsense.err.match(/ds_01J/g), "said once").toHaveLength(1);
  expectSentence(await ask("train", "ds_00000000000000000000000000"), 1, "`ursa dataset list`", /not_found/);
});

test("a running Ursa explains what is wrong with models and pictures", async () => {
  await using world = await startWorld();
  await using folder = await createScratchFolder();
  const at = (name: string) => join(folder.path, name);
  const classify = (...args: string[]) => runCli(["classify", ...args, "--url", world.ursa.apiUrl]);
  await writeFile(at("torn.jpg"), (await drawBear("black", 1)).subarray(0, 4000));
  await writeFile(at("noise.jpg"), randomBytes(4000));
  await writeFile(at("empty.jpg"), "");

  expectSentence(await classify(at("torn.jpg")), 1, "--model", "`ursa alias set", /no_default_model/);
  expectSentence(await classify(at("nowhere.jpg")), 2, "There is no picture");
  await runMainJob(world.session, {
    lists: world.gallery.classes,
    recipe: "quick",
    seed: 1,
    alias: "bears@test",
    classifyCount: 1,
  });
  for (const name of ["bears@nowhere", "mdl_00000000000000000000000000"]) {
    const seen = await classify(at("torn.jpg"), "--model", name);
    expectSentence(seen, 1, name, "`ursa model list`", "`ursa alias list`", /unknown_model/);
  }
  expectSentence(await classify(at("empty.jpg")), 2, "empty.jpg is empty", "download it again");
  for (const name of ["torn.jpg", "noise.jpg"]) {
    const seen = await classify(at(name));
    expectSentence(seen, 1, `${at(name)} cannot be classified: `, "that opens in a viewer. [bad_image]");
    expect(seen.err.trim(), "one line").not.toContain("\n");
  }
});

test("while Redis does not answer, status says so and shows what the store knows", async () => {
  await using world = await startWorld();
  await using folder = await createScratchFolder();
  const list = async (name: string) => {
    const path = join(folder.path, `urls_${name}.txt`);
    await writeFile(path, [1, 2].map((n) => `http://127.0.0.1:9/${name}/${n}.jpg\n`).join(""));
    return path;
  };
  const ask = (...args: string[]) => runCli([...args, "--url", world.ursa.apiUrl]);
  const made = await ask("dataset", "create", await list("black"), await list("teddy"), "--detach");
  expect(made.code, made.err).toBe(0);
  world.ursa.kill("redis", "SIGSTOP");
  const seen = await ask("status");
  world.ursa.kill("redis", "SIGCONT");
  expect(seen.code, seen.err).toBe(1);
  expect(seen.out).toMatch(/API NOT READY .*\n {2}redis: /);
  expect(seen.out).toContain(made.out.trim());
  await world.ursa.waitUntilReady();
  expect((await ask("status")).code).toBe(0);
});
