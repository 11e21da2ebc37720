// `ursa key`: who may call this API, and for what.
import type { CreatedKey, Key } from "@ursa/contracts/key";
import { SCOPES } from "@ursa/contracts/scopes";
import { Command, Option } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { number } from "../number.ts";
import { type Printer, table } from "../print.ts";

export function keyCommand(): Command {
  const command = new Command("key")
    .description("API keys: make, list, rotate and revoke them (with an admin's key)")
    .addHelpText(
      ...examples(
        "URSA_KEY_FILE=admin.key ursa key create ci --scope write --days 90",
        "ursa key list --key-file admin.key",
        "ursa key rotate key_01J… --grace 24 > ci.key",
        "ursa key revoke key_01J…",
      ),
    );
  for (const child of [create(), list(), rotate(), revoke()]) command.addCommand(child);
  return command;
}

type CreateOptions = { scope: (typeof SCOPES)[number][]; namespace?: string; days?: number };

const scopes = () =>
  new Option("--scope <scope...>", "what it is good for: write and operate have read in them, admin has write and read")
    .choices(SCOPES)
    .default(["read"]);

const create = () =>
  new Command("create")
    .description("make a key; its token is printed once, on standard output")
    .argument("<name>", "who or what will have it")
    .addOption(scopes())
    .option("--namespace <name>", "whose datasets and models it sees; the maker's own when left out")
    .option("--days <n>", "how long it is good; for ever when left out", number)
    .addHelpText(
      ...examples(
        "ursa key create ci --scope write --days 90 > ci.key",
        "ursa key create boss --scope admin --namespace team-a",
        "ursa key create dashboard --scope read operate",
      ),
    )
    .action(async (name: string, { scope, namespace, days }: CreateOptions, command: Command) => {
      const { client, print } = connect(command);
      const more = { ...(namespace ? { namespace } : {}), ...(days === undefined ? {} : { expiresInDays: days }) };
      const key = await client.call("createKey", { body: { name, scopes: scope, ...more } });
      showToken(print, key);
    });

function showToken(print: Printer, key: CreatedKey): void {
  print.note(`${key.id}: ${key.scopes.join(", ")} in ${key.namespace}, ${untilOf(key)}`);
  print.note("This is the only time that its token is shown:");
  print.answer(key, key.token);
}

const list = () =>
  new Command("list")
    .description("list keys, newest first, the revoked ones too")
    .addHelpText(...examples("ursa key list", "ursa key list --json | jq -r '.[] | select(.revokedAt == null) | .id'"))
    .action(async (_options, command: Command) => {
      const { client, print } = connect(command);
      const { items } = await client.call("listKeys", {});
      const rows = items.map((key) => [
        ...[key.id, key.name, key.namespace, key.scopes.join(" "), untilOf(key)],
        ...[key.lastUsedAt ?? "never", formerOf(key)],
      ]);
      print.answer(items, table(["id", "name", "namespace", "scopes", "good", "last used", "former token"], rows));
    });

const rotate = () =>
  new Command("rotate")
    .description("give a key a new secret; its new token is printed once, on standard output")
    .argument("<key>", "its id; not the token")
    .option("--grace <hours>", "how long the token that it had stays good; 0 ends it within 5 seconds", number, 24)
    .addHelpText(
      ...examples("ursa key rotate key_01J… > ci.key", "ursa key rotate key_01J… --grace 0 > ci.key   # it leaked"),
    )
    .action(async (id: string, { grace }: { grace: number }, command: Command) => {
      const { client, print } = connect(command);
      const key = await client.call("rotateKey", { params: { id }, body: { graceHours: grace } });
      print.note(`What it had before ${grace > 0 ? `is good until ${key.formerUntil}` : "ends within 5 seconds"}.`);
      showToken(print, key);
    });

const revoke = () =>
  new Command("revoke")
    .description("take a key back; after 5 seconds no API takes it any more")
    .argument("<key>", "its id; not the token")
    .addHelpText(...examples("ursa key revoke key_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const key = await client.call("revokeKey", { params: { id } });
      print.answer(key, `${key.id} (${key.name}) ${untilOf(key)}`);
    });

function untilOf({ revokedAt, expiresAt }: Key): string {
  if (revokedAt) return `revoked ${revokedAt}`;
  if (!expiresAt) return "until revoked";
  return `${Date.parse(expiresAt) <= Date.now() ? "expired" : "until"} ${expiresAt}`;
}

/** Of the token that a rotation replaced: whether someone has yet to be given the new one. */
function formerOf({ formerUntil, formerUsedAt }: Key): string {
  if (!formerUntil) return "";
  const until = `${Date.parse(formerUntil) <= Date.now() ? "ended" : "until"} ${formerUntil}`;
  return `${until}, last used ${formerUsedAt ?? "never"}`;
}
