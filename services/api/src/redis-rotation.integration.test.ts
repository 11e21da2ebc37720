// Redis's password is changed by the very commands of docs/compose.md, with a stand-in for `docker`, while a service is connected.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { connectWorker } from "@ursa/queue/connection";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../..");
const NEW = "ab".repeat(32);
const RESTART = "docker compose restart redis\n";

/** The three steps, each with the names that it uses and without the restart of Redis, which is the test's own. */
function documentedSteps(): string[] {
  const [, section = ""] = readFileSync(join(ROOT, "docs/compose.md"), "utf8").split("### Rotating secrets");
  const [, names = ""] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
  const [, redis = ""] = /Redis's password\.[\s\S]*?```sh\n([\s\S]*?)```/.exec(section) ?? [];
  const [first = "", rest = ""] = redis.split(RESTART);
  const at = rest.indexOf('in_secrets "rm -f redis/users.acl"');
  if (!names.includes("in_secrets()") || !first.startsWith("new=") || at < 0)
    throw new Error("The steps are others now");
  // The shell of a person keeps what the first line calls `new`.
  const steps = [first.slice(first.indexOf("\n") + 1), rest.slice(0, at), rest.slice(at)];
  return steps.map((step) => `${names}new=${NEW}\n${step}`);
}

/** What a container of the service `secrets` does, done here. Restarting services is for the test. */
const DOCKER = `
docker() {
  case "$*" in
    *"--entrypoint sh secrets -ec"*) sh -ec "\${@: -1}" ;;
    "compose run --rm secrets") "$NODE" deploy/docker/make-secrets.mjs ;;
    "compose up --force-recreate --no-deps --wait api downloader trainer inferer inferer-batch") ;;
    *) echo "not expected: docker $*" >&2; exit 1 ;;
  esac
}
`;

test("both passwords are good until every service has the new one, and then the former is not", async () => {
  await using folder = await createScratchFolder();
  for (const name of ["admin", "redis", "store", "grafana"]) mkdirSync(join(folder.path, name));
  const read = (name: string) => readFileSync(join(folder.path, "redis", name), "utf8");
  const live = join(folder.path, "live.acl");
  // A Redis of a test is asked for a sign of life without a name.
  const load = () =>
    writeFileSync(live, read("users.acl").replace("user default off", "user default on nopass -@all +ping"));
  const address = { REDIS_ADDRESS: "127.0.0.1:1" };
  const run = (script: string) =>
    promisify(execFile)("bash", ["-euc", DOCKER + script.replaceAll("/var/lib/ursa/secrets", folder.path)], {
      cwd: ROOT,
      env: { ...process.env, ...address, SECRETS_DIR: folder.path, NODE: process.execPath },
    });
  await run("docker compose run --rm secrets");
  load();
  await using redis = await startRedis({ args: ["--aclfile", live] });
  const urlNow = () => read("url").replace("127.0.0.1:1", `127.0.0.1:${redis.port}`);

  const formerUrl = urlNow();
  await using stack = new AsyncDisposableStack();
  const connect = (url: string) => {
    const connection = connectWorker(url);
    stack.defer(() => connection.close());
    return connection.redis;
  };
  const former = connect(formerUrl);
  await former.set("ursa:a", "kept");
  const [both = "", services = "", end = ""] = documentedSteps();

  await run(both);
  load();
  await redis.restart();
  expect(await former.get("ursa:a")).toBe("kept");

  await run(services);
  expect(urlNow()).toContain(NEW);
  const renewed = connect(urlNow());
  expect(await renewed.get("ursa:a")).toBe("kept");
  expect(await former.get("ursa:a")).toBe("kept");

  await run(end);
  load();
  await redis.restart();
  expect(await renewed.get("ursa:a")).toBe("kept");
  const late = connectWorker(formerUrl);
  await expect(late.redis.get("ursa:a")).rejects.toThrow(/WRONGPASS|NOAUTH|NOPERM/);
  late.redis.disconnect();
  former.disconnect();
}, 60_000);
