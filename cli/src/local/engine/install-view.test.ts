// How an install reads where no terminal is: a line per step, and a line per tenth of a download.
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createInstallView } from "./install-view.ts";

test("steps and tenths are plain lines, and the next download starts at nothing", () => {
  const stream = new PassThrough();
  const view = createInstallView(Object.assign(stream as unknown as NodeJS.WriteStream, { isTTY: false }));
  view.step("PyPI: tensorflow-cpu 2.15.1, 200 MB");
  for (const done of [1e6, 25e6, 26e6, 200e6]) view.bytes("tensorflow-cpu 2.15.1", { done, total: 200e6 });
  view.step("PyPI: another, 10 MB");
  view.bytes("another", { done: 10e6, total: 10e6 });
  view.stop();
  expect(String(stream.read()).split("\n")).toEqual([
    expect.stringMatching(/^ +0 s {2}PyPI: tensorflow-cpu 2\.15\.1, 200 MB$/),
    "        tensorflow-cpu 2.15.1: 25 of 200 MB",
    "        tensorflow-cpu 2.15.1: 200 of 200 MB",
    expect.stringMatching(/^ +0 s {2}PyPI: another, 10 MB$/),
    "        another: 10 of 10 MB",
    "",
  ]);
});
