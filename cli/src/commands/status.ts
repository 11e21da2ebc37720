// `ursa status`: is everything there, and what is going on. It answers best when something is not there.
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "@ursa/contracts/client";
import { Problem } from "@ursa/contracts/problem";
import type { Health } from "@ursa/contracts/routes";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { describeQueues } from "../describe-queues.ts";
import { examples } from "../examples.ts";
import { explain, isUnreachable } from "../failure.ts";
import { table } from "../print.ts";

type StatusOptions = { watch?: boolean };

export function statusCommand(): Command {
  return new Command("status")
    .description("is everything there, what is going on, and who works on it; exit code 1 when something is missing")
    .option("--watch", "show it anew every two seconds until Ctrl+C")
    .addHelpText(...examples("ursa status", "ursa status --watch", "ursa --url http://ursa.example:8080 status --json"))
    .action(async ({ watch }: StatusOptions, command: Command) => {
      const { client, print, signal } = connect(command);
      do {
        const { value, text, isWell } = await (watch ? look(client).catch(away) : look(client));
        // Clears the terminal, as `watch` does; for a file or a program every look is a line or a table of its own.
        if (watch && process.stdout.isTTY && !print.isJson) process.stdout.write("\u001b[2J\u001b[H");
        print.answer(value, text);
        process.exitCode = isWell ? 0 : 1;
        if (watch) await delay(WATCH_MS, undefined, { signal });
      } while (watch);
    });
}

async function look(client: Client) {
  const recent = { query: { limit: 5 } };
  const [ready, queues, ...lists] = await Promise.all([
    client.call("readyz", {}).catch(healthOf),
    queuesOf(client),
    listed("datasets", client.call("listDatasets", recent)),
    listed("models", client.call("listModels", recent)),
    listed("sweeps", client.call("listSweeps", recent)),
    listed("predictions", client.call("listPredictions", recent)),
    listed("evaluations", client.call("listEvaluations", recent)),
    listed("inspections", client.call("listInspections", recent)),
    listed("regressions", client.call("listRegressions", recent)),
    listed("aliases", client.call("listAliases", {})),
  ]);
  const [datasets, models, sweeps, predictions, evaluations, inspections, regressions, aliases] = lists;
  const records = [
    ...[...datasets.items, ...models.items, ...sweeps.items],
    ...[...predictions.items, ...evaluations.items, ...inspections.items, ...regressions.items],
  ];
  const rows = records.map((each) => [each.id, each.state, each.createdAt, each.error?.message ?? each.name ?? ""]);
  const named = aliases.items.map((alias) => `${alias.name} is ${alias.model}${alias.default ? " (default)" : ""}`);
  const unread = lists.flatMap(({ fault }) => (fault ? [fault] : []));
  const lines = [
    ...[...describeHealth(ready), ...unread, ...named, ""],
    ...[...queues.lines, "", table(["id", "state", "made", ""], rows)],
  ];
  const known = Object.fromEntries(lists.flatMap(({ what, items, fault }) => (fault ? [] : [[what, items]])));
  return {
    value: { ready, ...queues.value, ...known },
    text: lines.join("\n"),
    isWell: ready.status === "ok" && unread.length === 0,
  };
}

/** Of the whole installation, so a key without `operate` is not told; that is no fault, nor is it one that Redis is away: readiness says so. */
async function queuesOf(client: Client) {
  try {
    const status = await client.call("operationsStatus", {});
    return { value: status, lines: [`version ${status.version}`, "", describeQueues(status.queues)] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { value: {}, lines: [`The queues cannot be seen: ${error.message} [${error.code}]`] };
  }
}

const WATCH_MS = 2000;

/** Whoever watches an upgrade wants to see the API come back. */
function away(error: unknown) {
  if (!isUnreachable(error)) throw error;
  const text = explain(error) ?? "";
  return { value: { ready: { status: "unavailable", checks: { api: text } } }, text, isWell: false };
}

/** "Not ready" is an answer of the route; a refusal is one of whatever stands before it. An API that is not there is none. */
function healthOf(error: unknown): Health {
  if (!(error instanceof Problem)) throw error;
  return { status: "unavailable", checks: { api: error.message } };
}

/** A list that cannot be read must not hide those that can. */
async function listed<T>(what: string, page: Promise<{ items: T[] }>) {
  try {
    return { what, items: (await page).items, fault: undefined };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { what, items: [], fault: `${what} cannot be read: ${error.message} [${error.code}]` };
  }
}

function describeHealth({ status, checks }: Health): string[] {
  const names = Object.entries(checks);
  const working = names.filter(([, state]) => state === "ok").map(([name]) => `${name} ok`);
  const broken = names.filter(([, state]) => state !== "ok");
  const state = status === "ok" ? "ok" : "NOT READY";
  return [
    `API ${state}${working.length > 0 ? ` (${working.join(", ")})` : ""}`,
    ...broken.map(([name, reason]) => `  ${name}: ${reason}`),
  ];
}
