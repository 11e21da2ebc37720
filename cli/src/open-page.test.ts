// A page is opened for who sits before a terminal, and its address is told whatever happens.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { openPage } from "./open-page.ts";

const ADDRESS = "http://127.0.0.1:8080/#/datasets/ds_1/clean";
const WRITE = `require("node:fs").writeFileSync(process.argv[1], process.argv[2])`;

test("the system's program gets the address, which no shell reads", async () => {
  await using folder = await createScratchFolder();
  const told = join(folder.path, "told");
  const opener: [string, ...string[]] = [process.execPath, "-e", WRITE, told];
  expect(await openPage(ADDRESS, { isTerminal: true, opener })).toBe(`Opened ${ADDRESS}`);
  await expect.poll(() => readFile(told, "utf8").catch(() => "")).toBe(ADDRESS);
});

test("without a terminal nothing is started, and without such a program it is said", async () => {
  expect(await openPage(ADDRESS, { isTerminal: false, opener: ["/no/such/program"] })).toBe(
    `Not opened, since this is no terminal: ${ADDRESS}`,
  );
  expect(await openPage(ADDRESS, { isTerminal: true, opener: ["/no/such/program"] })).toBe(
    `No browser could be opened by /no/such/program: ${ADDRESS}`,
  );
});
