// `ursa webhook`: addresses that are told when jobs have ended.
import { setTimeout as delay } from "node:timers/promises";
import type { DeliveryAttempt, Webhook } from "@ursa/contracts/webhook";
import { Command } from "commander";
import { connect, type Session } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { table } from "../print.ts";

export function webhookCommand(): Command {
  const command = new Command("webhook")
    .description("addresses that are told when jobs have ended (with an admin's key)")
    .addHelpText(
      ...examples("ursa webhook add https://example.org/ursa > webhook.secret", "ursa webhook test whk_01J…"),
    );
  for (const child of [add(), list(), remove(), test()]) command.addCommand(child);
  return command;
}

const add = () =>
  new Command("add")
    .description("have an address told; the secret it verifies with is printed once, on standard output")
    .argument("<url>", "public, on port 443 or 80, unless the downloader's URSA_FETCH_ALLOW names the place")
    .option("--name <name>", "who listens there")
    .addHelpText(...examples("ursa webhook add https://example.org/ursa --name ci > webhook.secret"))
    .action(async (url: string, { name }: { name?: string }, command: Command) => {
      const { client, print } = connect(command);
      const webhook = await client.call("createWebhook", { body: { url, ...(name ? { name } : {}) } });
      print.note(`${webhook.id}: ${webhook.url} is told of every job of ${webhook.namespace} that ends.`);
      print.note("This is the only time that its secret is shown:");
      print.answer(webhook, webhook.secret);
    });

const list = () =>
  new Command("list")
    .description("list webhooks, newest first, and how the latest message to each went")
    .addHelpText(...examples("ursa webhook list", "ursa webhook list --json | jq '.[].lastAttempt'"))
    .action(async (_options, command: Command) => {
      const { client, print } = connect(command);
      const { items } = await client.call("listWebhooks", {});
      const rows = items.map((each) => [each.id, each.name ?? "", each.url, stateOf(each), each.lastAttempt?.at ?? ""]);
      print.answer(items, table(["id", "name", "address", "latest message", "at"], rows));
    });

const remove = () =>
  new Command("remove")
    .description("tell an address nothing more; what waits to be sent to it is not sent")
    .argument("<webhook>", "its id")
    .addHelpText(...examples("ursa webhook remove whk_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      await client.call("deleteWebhook", { params: { id } });
      print.answer({ deleted: id }, `${id} is told nothing more.`);
    });

const test = () =>
  new Command("test")
    .description("send a message of type webhook.test, once, and say what became of it")
    .argument("<webhook>", "its id")
    .addHelpText(...examples("ursa webhook test whk_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print, signal } = connect(command);
      const { message } = await client.call("testWebhook", { params: { id } });
      const attempt = await attemptOf({ client, signal }, id, message);
      if (attempt.outcome !== "delivered") throw new Failure(`${id} did not take it: ${wordsOf(attempt)}.`);
      print.answer(attempt, `${id} took it: ${wordsOf(attempt)}.`);
    });

const POLL_MS = 250;
/** Ten seconds until the receiver has had its time, and some for a queue before it. */
const PATIENCE_MS = 30_000;

/** @throws Failure when nothing was sent in time */
async function attemptOf(
  { client, signal }: Pick<Session, "client" | "signal">,
  id: string,
  message: string,
): Promise<DeliveryAttempt> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const { lastAttempt } = await client.call("getWebhook", { params: { id }, signal });
    if (lastAttempt?.message === message) return lastAttempt;
    await delay(POLL_MS, undefined, { signal });
  }
  throw new Failure(
    "Nothing was sent within 30 seconds. `ursa status` shows whether a downloader is at the queue notify, and how many messages wait; `ursa webhook list` shows later ones.",
  );
}

function stateOf({ disabledAt, lastAttempt }: Webhook): string {
  if (disabledAt) return "gone: told nothing more";
  return lastAttempt ? wordsOf(lastAttempt) : "none yet";
}

const wordsOf = ({ outcome, status, reason, attempt }: DeliveryAttempt): string => {
  const said = [outcome, reason ?? (status === undefined ? undefined : `HTTP ${status}`)].filter(Boolean).join(", ");
  return attempt > 1 ? `${said} (attempt ${attempt})` : said;
};
