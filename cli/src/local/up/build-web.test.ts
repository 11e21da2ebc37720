// The page is built before Ursa starts: what the build says is passed on, and one that fails is told and keeps nothing from starting.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { buildWeb } from "./build-web.ts";

async function sayingsOf(source: string, signal?: AbortSignal): Promise<string[]> {
  await using folder = await createScratchFolder();
  const program = join(folder.path, "build.mjs");
  await writeFile(program, source);
  const said: string[] = [];
  await buildWeb({ program, signal, say: (sentence) => void said.push(sentence) });
  return said;
}

test("one line when it was built, none when there was nothing to do", async () => {
  expect(await sayingsOf(`console.log("The web page was built in 1.0 s.")`)).toEqual([
    "The web page was built in 1.0 s.",
  ]);
  expect(await sayingsOf("")).toEqual([]);
});

test("a build that fails is told with its own words", async () => {
  const [sentence] = await sayingsOf(`console.error("no such module"); process.exit(1)`);
  expect(sentence).toMatch(/could not be built; everything else runs\.\nno such module$/);
});

test("who stops Ursa while it builds does not wait for it", async () => {
  const reason = new Error("stopped");
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(reason), 300);
  await expect(sayingsOf("setTimeout(() => {}, 60_000)", stopping.signal)).rejects.toBe(reason);
});
