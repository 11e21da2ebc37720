// Downloads: a file that is whole, or standard output.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test, vi } from "vitest";
import type { Printer } from "./print.ts";
import { saveResponse } from "./save-response.ts";
import { formatOf } from "./save-results.ts";

function notingPrinter() {
  const notes: string[] = [];
  const print: Printer = { isJson: false, answer() {}, note: (line) => void notes.push(line) };
  return { notes, print };
}

test("a download becomes a file, and its name is said", async () => {
  await using folder = await createScratchFolder();
  const { notes, print } = notingPrinter();
  const out = join(folder.path, "answers.csv");
  await saveResponse(new Response("index,input\n0,a\n"), out, print);
  expect(await readFile(out, "utf8")).toBe("index,input\n0,a\n");
  expect(notes).toEqual([`saved ${out}`]);
});

test("without a file it goes to standard output, which stays open, and nothing else is said there", async () => {
  const { notes, print } = notingPrinter();
  let written = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk, ...rest) => {
    written += chunk;
    for (const callback of rest) if (typeof callback === "function") callback();
    return true;
  });
  await saveResponse(new Response("a\nb\n"), undefined, print);
  write.mockRestore();
  expect([written, notes, process.stdout.writable]).toEqual(["a\nb\n", [], true]);
});

test("a download that breaks off is a failure, and no file looks as if it were whole", async () => {
  await using folder = await createScratchFolder();
  const { notes, print } = notingPrinter();
  const parts = async function* () {
    yield new TextEncoder().encode("index,input\n");
    throw new TypeError("terminated");
  };
  const out = join(folder.path, "answers.csv");
  await expect(saveResponse(new Response(ReadableStream.from(parts())), out, print)).rejects.toThrow("terminated");
  await expect(readFile(out)).rejects.toThrow("ENOENT");
  expect(notes).toEqual([]);
});

test("a folder that is not there is said in words, by the name that was given", async () => {
  const saving = saveResponse(new Response("a\n"), "/nowhere/answers.csv", notingPrinter().print);
  await expect(saving).rejects.toThrow("/nowhere/answers.csv cannot be written: there is no such folder.");
});

test("a device is written to and stays a device", async () => {
  await saveResponse(new Response("a\n"), "/dev/null", notingPrinter().print);
  expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
});

test("the format is what was said, else the file's ending, else JSON lines", () => {
  expect(formatOf({})).toBe("jsonl");
  expect(formatOf({ out: "a.CSV" })).toBe("csv");
  expect(formatOf({ out: "a.csv", format: "jsonl" })).toBe("jsonl");
  expect(() => formatOf({ format: "xlsx" })).toThrow("--format csv");
});
