// A page is opened for who sits before a terminal on a screen, and its address is told whatever happens.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { hasScreen, openPage } from "./open-page.ts";

const ADDRESS = "http://127.0.0.1:8080/#/datasets/ds_1/clean";
const WRITE = `require("node:fs").writeFileSync(process.argv[1], process.argv[2])`;

test("the system's program gets the address, which no shell reads", async () => {
  await using folder = await createScratchFolder();
  const told = join(folder.path, "told");
  const opener: [string, ...string[]] = [process.execPath, "-e", WRITE, told];
  expect(await openPage(ADDRESS, opener)).toBe(`Opened ${ADDRESS}`);
  await expect.poll(() => readFile(told, "utf8").catch(() => "")).toBe(ADDRESS);
});

test("without such a program it is said", async () => {
  expect(await openPage(ADDRESS, ["/no/such/program"])).toBe(
    `No browser could be opened by /no/such/program: ${ADDRESS}`,
  );
});

test("a screen is a terminal of this very machine that can show windows; a pipe and a session from elsewhere are none", () => {
  const onLinux = (env: NodeJS.ProcessEnv, isTerminal = true) => hasScreen({ platform: "linux", env, isTerminal });
  expect(onLinux({ DISPLAY: ":0" })).toBe(true);
  expect(onLinux({ WAYLAND_DISPLAY: "wayland-0" })).toBe(true);
  expect(onLinux({ DISPLAY: ":0" }, false)).toBe(false);
  expect(onLinux({})).toBe(false);
  expect(hasScreen({ platform: "darwin", env: {}, isTerminal: true })).toBe(true);
  expect(hasScreen({ platform: "darwin", env: { SSH_CONNECTION: "::1 1 ::1 22" }, isTerminal: true })).toBe(false);
  expect(hasScreen({ platform: "win32", env: {}, isTerminal: false })).toBe(false);
});
