// The ten lines of docs/webhooks.md that verify a message, run as they stand there on messages that Ursa signs.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { newWebhookSecret, signedHeaders } from "@ursa/catalog/webhook-secret";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const page = readFileSync(resolve(import.meta.dirname, "../docs/webhooks.md"), "utf8");
const block = (language: string) => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "";

const JS = `${block("js")}
const cases = JSON.parse(process.argv[2]);
console.log(JSON.stringify(cases.map(({ body, headers, secret }) => isGenuine(body, headers, secret))));`;
const PYTHON = `${block("python")}
import json, sys
cases = json.loads(sys.argv[1])
print(json.dumps([is_genuine(one["body"].encode(), one["headers"], one["secret"]) for one in cases]))`;

const now = Math.floor(Date.now() / 1000);
const secret = newWebhookSecret();
const signed = { message: "whk_1-mdl_1", timestamp: now, body: '{"type":"job.finished","name":"ä"}' };
const good = { secret, body: signed.body, headers: signedHeaders(secret, signed) };
const old = { ...good, headers: signedHeaders(secret, { ...signed, timestamp: now - 600 }) };
const second = { ...good.headers, "webhook-signature": `v1,AAAA ${good.headers["webhook-signature"]}` };
const CASES = [
  [good, true],
  // As while a secret is changed.
  [{ ...good, headers: second }, true],
  [{ ...good, body: `${good.body} ` }, false],
  [{ ...good, secret: newWebhookSecret() }, false],
  [{ ...good, headers: { ...good.headers, "webhook-id": "whk_1-mdl_2" } }, false],
  [{ ...good, headers: { ...good.headers, "webhook-timestamp": String(now + 1) } }, false],
  [{ ...good, headers: { ...good.headers, "webhook-signature": "v1," } }, false],
  [old, false],
] as const;

const python = spawnSync("python3", ["--version"]).status === 0;
if (!python) reportAbsentPart("python3 was not found, so the lines for Python in docs/webhooks.md were not run.");

async function verdicts(command: string, name: string, code: string): Promise<unknown> {
  await using folder = await createScratchFolder();
  const file = join(folder.path, name);
  writeFileSync(file, code);
  const { stdout, stderr } = spawnSync(command, [file, JSON.stringify(CASES.map(([one]) => one))], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("the lines for Node take what is genuine, and nothing else", async () => {
  expect(await verdicts(process.execPath, "verify.mjs", JS)).toEqual(CASES.map(([, isGenuine]) => isGenuine));
});

test.skipIf(!python)("so do those for Python", async () => {
  expect(await verdicts("python3", "verify.py", PYTHON)).toEqual(CASES.map(([, isGenuine]) => isGenuine));
});
