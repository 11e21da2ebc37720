// `ursa inspection`: inspections after they were submitted.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { number } from "../number.ts";
import { readRecords } from "../pages.ts";
import { table } from "../print.ts";
import { cancelCommand, deleteCommand } from "../record-commands.ts";
import { showFound } from "./clean.ts";

export function inspectionCommand(): Command {
  const command = new Command("inspection")
    .description("look at inspections; `ursa clean` makes one")
    .addHelpText(...examples("ursa inspection list", "ursa inspection show ins_01J… --top 100"));
  for (const child of [list(), show(), cancelCommand("inspection"), deleteCommand("inspection")])
    command.addCommand(child);
  return command;
}

const list = () =>
  new Command("list")
    .description("list inspections, newest first")
    .option("--all", "all of them, not the newest 50")
    .addHelpText(...examples("ursa inspection list", "ursa inspection list --all --json"))
    .action(async ({ all }: { all?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const found = await readRecords((query) => client.call("listInspections", { query }), { all, print });
      const rows = found.map(({ id, state, summary, dataset, name = "" }) => [
        ...[id, state, summary ? `${summary.suspects} of ${summary.count}` : "", dataset.id, name],
      ]);
      print.answer(found, table(["id", "state", "worth a look", "dataset", "name"], rows));
    });

const show = () =>
  new Command("show")
    .description("what an inspection found")
    .argument("<inspection>")
    .option("--top <count>", "how many to list", number, 30)
    .addHelpText(...examples("ursa inspection show ins_01J…", "ursa inspection show ins_01J… --json > inspection.json"))
    .action(async (id: string, { top }: { top: number }, command: Command) => {
      const session = connect(command);
      const inspection = await session.client.call("getInspection", { params: { id } });
      const { state, error } = inspection;
      if (state !== "ready")
        return session.print.answer(inspection, `${id} is ${state}. ${error?.message ?? ""}`.trim());
      const { url } = command.optsWithGlobals<{ url: string }>();
      await showFound(session, { id, url, top });
    });
