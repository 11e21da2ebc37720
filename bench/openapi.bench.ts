// `ursa bench openapi [--minutes 5] [--as open --as read …]`: a client that makes up requests from the API's own description
// (schemathesis) against a running Ursa, as anybody where it asks for no keys, and with a key of each scope where it does. What counts are
// answers that are the server's fault, answers the description does not have, and routes that do without the key they say they need.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { createClient } from "@ursa/contracts/client";
import { SCOPES, type Scope } from "@ursa/contracts/scopes";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { startUrsa, type Ursa } from "../cli/src/local/up/supervisor.ts";
import { machine } from "./machine.ts";

/** `python3 -m venv …; pip install schemathesis`. */
const SCHEMATHESIS = process.env.URSA_SCHEMATHESIS ?? "st";
const CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/**
 * Left out: two whose answers have tuples, which schemathesis 4.32 rewrites from `prefixItems` to what JSON Schema 2020-12 has no more, and
 * then refuses; and the two that change the whole installation.
 */
const LEFT_OUT = ["listSweeps", "getRegressionResult", "drain", "restore"];

/** They would end the key that all of it is asked with; without keys they are tried. */
const ENDING_KEYS = ["revokeKey", "rotateKey"].flatMap((id) => ["--exclude-operation-id", id]);

type Caller = "open" | Scope;
const CALLERS: readonly Caller[] = ["open", ...SCOPES];

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, as: { type: "string", multiple: true } },
});
const callers = CALLERS.filter((caller) => values.as?.includes(caller) ?? true);
const seconds = Math.floor((60 * Number(values.minutes)) / callers.length);
const unknown = values.as?.find((name) => !CALLERS.some((caller) => caller === name));
if (unknown !== undefined || !(seconds >= 1)) {
  console.error(`Expected --minutes N and --as ${CALLERS.join(", ")}`);
  process.exit(2);
}
if (spawnSync(SCHEMATHESIS, ["--version"]).status !== 0) {
  console.error(
    `${SCHEMATHESIS} is not there: python3 -m venv .venv; .venv/bin/pip install schemathesis; URSA_SCHEMATHESIS=.venv/bin/st`,
  );
  process.exit(2);
}

console.log(`${machine()}\n`);
const failed: Caller[] = [];
for (const caller of callers) {
  console.log(`\n# ${caller === "open" ? "without keys" : `with a key of the scope ${caller}`}, ${seconds} s\n`);
  if (!(await (caller === "open" ? askOpen() : askWithKey(caller)))) failed.push(caller);
}
console.log(
  `\nas ${callers.join(", ")}: ${failed.length === 0 ? "nothing was found" : `look at ${failed.join(", ")}`}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function askOpen(): Promise<boolean> {
  await using folder = await createScratchFolder();
  await using ursa = await startUrsa({ home: folder.path, port: 0, quiet: true });
  // Awaited here: what is returned unawaited would find Ursa stopped.
  return await ask(ursa, CHECKS);
}

async function askWithKey(scope: Scope): Promise<boolean> {
  await using folder = await createScratchFolder();
  const admin = randomBytes(32).toString("hex");
  await using ursa = await startUrsa({ home: folder.path, port: 0, quiet: true, env: { URSA_ADMIN_KEY: admin } });
  const as = (key: string) => createClient({ baseUrl: ursa.apiUrl, key });
  const { token } = await as(admin).call("createKey", { body: { name: scope, scopes: [scope] } });
  const isClean = await ask(ursa, `${CHECKS},ignored_auth`, [
    ...ENDING_KEYS,
    "--header",
    `Authorization: Bearer ${token}`,
  ]);
  // A key that was revoked on the way would have been refused everything behind that.
  await as(token).call("listModels", {});
  return isClean;
}

/** @returns whether nothing was found */
async function ask({ apiUrl, home }: Ursa, checks: string, more: readonly string[] = []): Promise<boolean> {
  const words = [
    ...["run", `${apiUrl}/openapi.json`, "--checks", checks, "--max-time", String(seconds), "--request-timeout", "5"],
    ...["--continue-on-failure", "--seed", "1", "--suppress-health-check", "all"],
    ...[...LEFT_OUT.flatMap((id) => ["--exclude-operation-id", id]), ...more],
  ];
  // What it keeps between runs goes with the folder.
  const child = spawn(SCHEMATHESIS, words, { cwd: home, stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code === 0;
}
