// `ursa status`: is everything there, and what is going on. It answers best when something is not there.

import { Problem } from "@ursa/contracts/problem";
import type { Health } from "@ursa/contracts/routes";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { table } from "../print.ts";

export function statusCommand(): Command {
  return new Command("status")
    .description("is everything there, and what is going on; exit code 1 when something is missing")
    .addHelpText(...examples("ursa status", "ursa --url http://ursa.example:8080 status --json"))
    .action(async (_options, command: Command) => {
      const { client, print } = connect(command);
      const recent = { query: { limit: 5 } };
      const [ready, ...lists] = await Promise.all([
        client.call("readyz", {}).catch(healthOf),
        listed("datasets", client.call("listDatasets", recent)),
        listed("models", client.call("listModels", recent)),
        listed("sweeps", client.call("listSweeps", recent)),
        listed("predictions", client.call("listPredictions", recent)),
        listed("evaluations", client.call("listEvaluations", recent)),
        listed("aliases", client.call("listAliases", {})),
      ]);
      const [datasets, models, sweeps, predictions, evaluations, aliases] = lists;
      const records = [
        ...[...datasets.items, ...models.items, ...sweeps.items],
        ...[...predictions.items, ...evaluations.items],
      ];
      const rows = records.map((each) => [each.id, each.state, each.createdAt, each.error?.message ?? each.name ?? ""]);
      const named = aliases.items.map((alias) => `${alias.name} is ${alias.model}${alias.default ? " (default)" : ""}`);
      const unread = lists.flatMap(({ fault }) => (fault ? [fault] : []));
      const lines = [...describeHealth(ready), ...unread, ...named, "", table(["id", "state", "made", ""], rows)];
      const known = Object.fromEntries(lists.flatMap(({ what, items, fault }) => (fault ? [] : [[what, items]])));
      print.answer({ ready, ...known }, lines.join("\n"));
      if (ready.status !== "ok" || unread.length > 0) process.exitCode = 1;
    });
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
