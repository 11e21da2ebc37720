// What the runbooks tell an operator to ask Redis, typed at a real one that has the users of deploy/redis/users.acl.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { findRedis } from "@ursa/testing/find-redis";
import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const runbooks = join(root, "docs/runbooks");
const asUrsa = readdirSync(runbooks).flatMap((name) => {
  const text = readFileSync(join(runbooks, name), "utf8");
  const commands = text.match(/redis-cli -u "\$URSA_REDIS_URL" [^`\n|]*[^`\n| ]/g) ?? [];
  return commands.map((command) => ({ name, command }));
});
const REFUSED = /NOPERM|NOAUTH|WRONGPASS|ERR /;

const program = await findRedis();
const stack = new AsyncDisposableStack();
let redis: TestRedis;
beforeAll(async () => {
  const aclFile = join(stack.use(await createScratchFolder()).path, "users.acl");
  const acl = readFileSync(join(root, "deploy/redis/users.acl"), "utf8");
  // The default user stays for startRedis itself, which asks whether there is an answer.
  writeFileSync(
    aclFile,
    acl.replace("user default off", "user default on nopass ~* &* +@all").replace("PASSWORD", "b"),
  );
  redis = stack.use(await startRedis({ args: ["--aclfile", aclFile] }));
});
afterAll(() => stack.disposeAsync());

function typed(command: string): string {
  // redis-cli is beside its server.
  const PATH = [process.env.PATH, dirname(program.path)].join(delimiter);
  const URSA_REDIS_URL = redis.url.replace("//", "//ursa:b@");
  const env = { ...process.env, ...program.env, PATH, URSA_REDIS_URL };
  const { stdout, stderr } = spawnSync("sh", ["-c", command], { env, encoding: "utf8" });
  return stdout + stderr;
}

test("pages ask Redis", () => expect(asUrsa.length).toBeGreaterThan(5));

test.each(asUrsa)("$name: $command", ({ command }) => expect(typed(command)).not.toMatch(REFUSED));

test("a command that user ursa may not run would be noticed", () => {
  expect(typed('redis-cli -u "$URSA_REDIS_URL" config set maxmemory 2gb')).toMatch(REFUSED);
  expect(typed(`redis-cli -u ${redis.url.replace("//", "//ursa:wrong@")} ping`)).toMatch(REFUSED);
});
