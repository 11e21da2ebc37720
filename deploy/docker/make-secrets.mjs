// Makes what services authenticate with, each once: the admin key, Redis's users, the store's keys, Grafana's password. Run by
// docker-compose.yml's `secrets` into a volume for each; a file that is there stays, so that a restart changes nothing.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const FOLDER = process.env.SECRETS_DIR ?? "/var/lib/ursa/secrets";
/** 256 bits, in letters and digits, so that no file format and no URL has to quote them. */
const random = () => randomBytes(32).toString("hex");

keep("admin/key", random);
keep("store/access-key", () => `ursa-${random().slice(0, 12)}`);
keep("store/secret-key", random);
keep("grafana/password", random);
const password = keep("redis/password", random);
keep("redis/url", () => `redis://ursa:${password}@${process.env.REDIS_ADDRESS ?? "redis:6379"}`);
// Who may do what is said in deploy/redis/users.acl.
keep("redis/users.acl", () =>
  readFileSync(new URL("../redis/users.acl", import.meta.url), "utf8").replaceAll("PASSWORD", password),
);

/** @returns what the file says, written first where it is not there */
function keep(name, make) {
  const path = `${FOLDER}/${name}`;
  if (!existsSync(path)) {
    // Under its name only when it is whole. The group is that of every container that mounts it.
    writeFileSync(`${path}.new`, make(), { mode: 0o440 });
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path, "utf8");
}
