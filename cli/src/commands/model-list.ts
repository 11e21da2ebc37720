// `ursa model list`: models, newest first or by error, or as a lab journal.
import { RUN_ORDERS } from "@ursa/contracts/journal";
import type { Model } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { Command, Option } from "commander";
import { connect, type Session } from "../connect.ts";
import { describeJournal } from "../describe-journal.ts";
import { examples } from "../examples.ts";
import { DEFAULT_LIMIT, readRecords } from "../pages.ts";
import { percent, table } from "../print.ts";

type ListOptions = { all?: boolean; sort: (typeof RUN_ORDERS)[number]; journal?: boolean };
/** The most that the route gives. */
const ALL = 1000;

export const listCommand = () =>
  new Command("list")
    .description("list models, newest first or by error, or with what was changed from run to run")
    .option("--all", "all of them, not the first 50")
    .addOption(
      new Option("--sort <order>", "error: the lowest error rate first, of the newest 1,000")
        .choices(RUN_ORDERS)
        .default("newest"),
    )
    .option("--journal", "what was changed since the run before: dataset, start, recipe")
    .addHelpText(
      ...examples("ursa model list", "ursa model list --sort error --journal", "ursa model list --all --json"),
    )
    .action(async (options: ListOptions, command: Command) => {
      const session = connect(command);
      return options.journal ? listJournal(session, options) : listModels(session, options);
    });

async function listJournal({ client, print }: Session, { all, sort }: ListOptions): Promise<void> {
  const query = { order: sort, limit: all ? ALL : DEFAULT_LIMIT };
  const { items } = await client.call("getJournal", { query });
  print.answer(items, describeJournal(items));
}

async function listModels({ client, print }: Session, { all, sort: order }: ListOptions): Promise<void> {
  const found = await readRecords((page) => client.call("listModels", { query: { ...page, order } }), { all, print });
  const rows = found.map((each) => [
    ...[each.id, each.state, errorOf(each), each.dataset.id, each.classes.join(", "), each.name ?? ""],
  ]);
  print.answer(found, table(["id", "state", "error rate", "dataset", "classes", "name"], rows));
}

/** Of the weights that were kept; while it trains, of its last epoch. A run that left none has none. */
export function errorOf({ state, stages, epochs }: Model): string {
  const rated = isFinal(state) ? stages.at(-1) : epochs.at(-1);
  return rated ? percent(rated.errorRate) : "";
}
