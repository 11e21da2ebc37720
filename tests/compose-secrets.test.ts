// Passwords that Compose makes, and what docs/compose.md says of changing them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/compose.md"), "utf8");
/** The commands that change the admin key, Redis's password and the store's keys, as the page has them. */
const changes = [...page.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = ""]) =>
  block.startsWith("in_secrets ") || block.startsWith("new=") ? block : [],
);
const FILES = ["admin/key", "redis/password", "redis/url", "redis/users.acl", "store/access-key", "store/secret-key"];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "ursa-secrets-"));
  for (const name of ["admin", "redis", "store", "grafana"]) mkdirSync(join(dir, name));
});
afterEach(() => rmSync(dir, { recursive: true }));

const SCRIPT = join(root, "deploy/docker/make-secrets.mjs");
const make = () => execFileSync(process.execPath, [SCRIPT], { env: { SECRETS_DIR: dir } });
const read = (name: string) => readFileSync(join(dir, name), "utf8");

test("a second start changes nothing", () => {
  make();
  const before = FILES.map(read);
  make();
  expect(FILES.map(read)).toEqual(before);
});

test("the page's commands change every file, and Redis's three agree afterwards", () => {
  // Of Compose, what touches the files: the container that makes them, which `up` starts as well.
  const machine = `
    in_secrets() { sh -ec "cd '${dir}'; umask 337; $1"; }
    docker() { case "$*" in "compose run --rm secrets" | "compose up --wait") SECRETS_DIR='${dir}' '${process.execPath}' '${SCRIPT}';; esac; }
  `;
  make();
  const before = FILES.map(read);
  expect(changes).toHaveLength(3);
  for (const commands of changes) execFileSync("sh", ["-ec", machine + commands]);
  FILES.forEach((name, i) => void expect(read(name), name).not.toBe(before[i]));
  const password = read("redis/password");
  expect(read("redis/url")).toBe(`redis://ursa:${password}@redis:6379`);
  expect(read("redis/users.acl").match(/>\w+/g)).toEqual([`>${password}`]);
});

test("what the page says that user ursa may do is what the file lets it", () => {
  const allowed = readFileSync(join(root, "deploy/redis/users.acl"), "utf8").match(/(?<= \+)[a-z|]+/g) ?? [];
  const [, sentence = ""] = /\n(Redis has no default user[\s\S]*?)\n\n/.exec(page) ?? [];
  const told = [...sentence.matchAll(/`([a-z ]+)`/g)].map(([, name = ""]) => name.replace(" ", "|"));
  expect(told.toSorted()).toEqual([...allowed.filter((name) => name !== "ping"), "ursa"].toSorted());
});
