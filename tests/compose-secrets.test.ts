// Passwords that Compose makes, and what docs/compose.md says of changing them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/compose.md"), "utf8");
/** Each set of files that the page says to delete together. */
const sets = [...page.matchAll(/^drop ([\w/. -]+?) +#/gm)].map(([, files = ""]) => files.split(" "));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "ursa-secrets-"));
  for (const name of ["admin", "redis", "store", "grafana"]) mkdirSync(join(dir, name));
});
afterEach(() => rmSync(dir, { recursive: true }));

const make = () =>
  execFileSync(process.execPath, [join(root, "deploy/docker/make-secrets.mjs")], { env: { SECRETS_DIR: dir } });
const read = (name: string) => readFileSync(join(dir, name), "utf8");

test("a second start changes nothing", () => {
  make();
  const before = sets.flat().map(read);
  expect(before).toHaveLength(6);
  make();
  expect(sets.flat().map(read)).toEqual(before);
});

test("files that the page says to delete together are made anew together, and agree", () => {
  make();
  for (const files of sets) {
    const before = files.map(read);
    for (const name of files) rmSync(join(dir, name));
    make();
    files.forEach((name, i) => void expect(read(name), name).not.toBe(before[i]));
  }
  const password = read("redis/password");
  expect(read("redis/url")).toBe(`redis://ursa:${password}@redis:6379`);
  expect(read("redis/users.acl")).toContain(`user ursa on >${password} `);
});

test("what the page says that user ursa may do is what the file lets it", () => {
  const allowed = readFileSync(join(root, "deploy/redis/users.acl"), "utf8").match(/(?<= \+)[a-z|]+/g) ?? [];
  const [, sentence = ""] = /\n(Redis has no default user[\s\S]*?)\n\n/.exec(page) ?? [];
  const told = [...sentence.matchAll(/`([a-z ]+)`/g)].map(([, name = ""]) => name.replace(" ", "|"));
  expect(told.toSorted()).toEqual([...allowed.filter((name) => name !== "ping"), "ursa"].toSorted());
});
