import { mkdtempSync, readFileSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openProcessLog } from "./process-log.ts";

test("a run starts with an empty log and keeps the previous one", () => {
  using dir = temporaryDir();
  const path = join(dir.path, "api.log");
  openProcessLog(path).withDescriptor((descriptor) => writeSync(descriptor, "yesterday\n"));
  const log = openProcessLog(path);
  expect(log.tail(5)).toBe("");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("yesterday\n");
});

test("the tail is the last lines", () => {
  using dir = temporaryDir();
  const log = openProcessLog(join(dir.path, "api.log"));
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index}`);
  log.withDescriptor((descriptor) => writeSync(descriptor, `${lines.join("\n")}\n`));
  expect(log.tail(2)).toBe("line 4998\nline 4999");
});

test("a log over its limit starts anew while its writer goes on", () => {
  using dir = temporaryDir();
  const path = join(dir.path, "api.log");
  const log = openProcessLog(path);
  log.withDescriptor((descriptor) => {
    truncateSync(path, 20 * 1024 * 1024 + 1); // a hole: as long as a real log, without writing it
    log.trim();
    writeSync(descriptor, "still here\n");
  });
  expect(readFileSync(path, "utf8")).toBe("still here\n");
});

function temporaryDir() {
  const path = mkdtempSync(join(tmpdir(), "ursa-log-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
